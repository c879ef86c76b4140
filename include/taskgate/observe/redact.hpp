#pragma once
// The second wall against secrets in text: whatever looks like a credential is blotted out before
// it is logged or shown. The first wall is never to hand one over.

#include <string>
#include <string_view>

namespace taskgate::log {

/// `text` with everything that looks like a credential replaced by its kind and `…`: provider keys
/// (`sk-…`, `AIza…`, `xox?-…`), `Bearer …` and `Basic …` credentials, webhook secrets (`whsec_…`,
/// `whsk_…`), our own API keys (`tg_live_…`, `tg_test_…`), JSON Web Tokens (`eyJ….….…`), and the
/// user part of URLs (`https://…@`). O(n).
std::string redact(std::string_view text);

/// True when a field or setting of that name holds a credential, e.g. "api_key", "Authorization".
bool is_secret_name(std::string_view name);

/// A secret as it may be shown to its owner: its kind and its last two characters, `sk-…9f`; short
/// ones become `…` alone. Empty stays empty.
std::string mask_secret(std::string_view secret);

}  // namespace taskgate::log
