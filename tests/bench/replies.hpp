#pragma once
// HTTP responses kept as values, so that a peer can give the very answer that taskgate gives.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::bench {

struct Reply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> fields;  ///< without framing fields
  std::string body;
};

/// Takes a response apart. Content-Length, Transfer-Encoding, Connection and Keep-Alive are left
/// out: they are the sender's own. Throws std::runtime_error when it is not a response.
Reply parse_reply(std::string_view wire);
/// The response in that file.
Reply read_reply(const std::string& path);

/// What the peers answer when nothing else is given; of the size of taskgate's answers.
Reply default_post_reply();
Reply default_get_reply();

}  // namespace taskgate::bench
