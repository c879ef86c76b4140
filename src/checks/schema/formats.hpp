#pragma once
// The formats of JSON Schema that can be asserted. Each check is linear in the text's length and
// takes any bytes.

#include "checks/schema/program.hpp"

#include <string_view>

namespace taskgate::checks::schema {

/// The check of a format; nullptr: not known, which by the standard means not checked.
/// `idn-hostname` is not checked: that takes the tables of IDNA2008.
FormatCheck find_format(std::string_view name);

// RFC 3339 §5.6 and appendix A.
bool is_date(std::string_view text);
bool is_time(std::string_view text);
bool is_date_time(std::string_view text);
bool is_duration(std::string_view text);

// RFC 1123 §2.1 (labels that begin with "xn--" are looked at as ASCII only), RFC 2673 §3.2,
// RFC 4291 §2.2, RFC 5321 §4.1.2, RFC 6531.
bool is_hostname(std::string_view text);
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);
bool is_email(std::string_view text);
bool is_idn_email(std::string_view text);

// RFC 3986, RFC 3987, RFC 6570.
bool is_uri(std::string_view text);
bool is_uri_reference(std::string_view text);
bool is_iri(std::string_view text);
bool is_iri_reference(std::string_view text);
bool is_uri_template(std::string_view text);

}  // namespace taskgate::checks::schema
