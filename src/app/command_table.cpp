#include "app/command_table.hpp"

namespace taskgate::app {
namespace {

constexpr Flag kConfig{"--config", "FILE",
                       "read settings from FILE (else $TASKGATE_CONFIG, else none)", ""};
constexpr Flag kListen{"--listen", "HOST:PORT", "address and port; port 0 takes any free one",
                       "/server/listen"};
constexpr Flag kDatabase{"--db", "FILE", "the SQLite file; created when absent", "/database/path"};
constexpr Flag kExistingDatabase{"--db", "FILE", "the SQLite file of a server", "/database/path"};
constexpr Flag kLogFormat{"--log-format", "FORMAT", "text, json or logfmt", "/log/format"};
constexpr Flag kLogLevel{"--log-level", "LEVEL", "debug, info, warning, error or off",
                         "/log/level"};
constexpr Flag kTlsCertificate{"--tls-cert", "FILE", "PEM certificate chain; serves HTTPS",
                               "/server/tls/certificate_file"};
constexpr Flag kTlsKey{"--tls-key", "FILE", "PEM private key of the certificate",
                       "/server/tls/private_key_file"};
constexpr Flag kLoopbackForTests{"--allow-loopback-for-tests", "",
                                 "let /webhooks/allow_loopback_for_tests be true: for tests", ""};
constexpr Flag kJson{"--json", "", "write JSON", ""};
constexpr Flag kTenant{"--tenant", "NAME", "whose; 1 to 64 of A-Z a-z 0-9 . _ - (required)", ""};

constexpr Flag kServeFlags[] = {kConfig,   kListen,         kDatabase, kLogFormat,
                                kLogLevel, kTlsCertificate, kTlsKey,   kLoopbackForTests};
constexpr Flag kDevFlags[] = {kListen, kDatabase, kLogFormat, kLogLevel};
constexpr Flag kCheckFlags[] = {kConfig, kJson, kLoopbackForTests};
constexpr Flag kConfigPrintFlags[] = {
    kConfig,
    {"--sources", "", "one line a setting, with where its value came from", ""},
    {"--defaults", "", "the defaults, whatever file and environment say", ""}};
constexpr Flag kKeysCreateFlags[] = {
    kTenant,
    {"--scopes", "LIST", "of read, submit, operate, admin, by commas (required)", ""},
    {"--name", "TEXT", "a name for people", ""},
    {"--env", "", "print `export TASKGATE_KEY=…` for a shell", ""},
    kConfig,
    kDatabase};
constexpr Flag kKeysListFlags[] = {kJson, kConfig, kExistingDatabase};
constexpr Flag kDatabaseFlags[] = {kConfig, kExistingDatabase};
constexpr Flag kWebhooksSecretFlags[] = {kTenant, kConfig, kExistingDatabase};
constexpr Flag kVersionFlags[] = {kJson};

constexpr CommandSpec kCommands[] = {
    {"serve", "", "run the server",
     "Runs until SIGTERM or SIGINT, then drains; a second signal ends it at once. The first line "
     "on\n"
     "stdout is {\"listening\":\"http://HOST:PORT\"}; logs go to stderr.",
     kServeFlags, "taskgate serve --config config/taskgate.json"},
    {"dev", "", "run a server to try things with: loopback, no keys, simulated model",
     "Like serve, but open to everyone on this machine and to nobody else. Never listens on "
     "another\n"
     "address than a loopback one.",
     kDevFlags, "taskgate dev --listen 127.0.0.1:8080"},
    {"check", "", "find every fault of the configuration",
     "Reads file and environment as serve would, starts nothing and changes nothing. Exit code 2 "
     "when\n"
     "serve would refuse to start.",
     kCheckFlags, "taskgate check --config config/taskgate.json"},
    {"config print", "", "show the configuration in force, secrets masked", "", kConfigPrintFlags,
     "taskgate config print --sources"},
    {"config schema",
     "",
     "write the JSON Schema of the configuration file",
     "",
     {},
     "taskgate config schema > schema.json"},
    {"config reference",
     "",
     "write the reference page of all settings (Markdown)",
     "",
     {},
     "taskgate config reference > config.md"},
    {"keys create", "", "make an API key and show it, once",
     "The key is kept as a hash: this is the only time that it can be read. The twelve characters\n"
     "after tg_live_ are the KEY_ID that `keys revoke` takes and `keys list` shows.",
     kKeysCreateFlags, "taskgate keys create --tenant acme --scopes read,submit"},
    {"keys list", "", "list API keys, without their secrets", "", kKeysListFlags,
     "taskgate keys list"},
    {"keys revoke", "KEY_ID", "make an API key useless",
     "KEY_ID: the twelve characters after tg_live_, as `keys list` shows them.", kDatabaseFlags,
     "taskgate keys revoke 4fGh7KlmNp2q"},
    {"webhooks secret", "", "show the secret that signs a tenant's webhooks", "",
     kWebhooksSecretFlags, "taskgate webhooks secret --tenant acme"},
    {"version", "", "show the version", "", kVersionFlags, "taskgate version --json"},
    {"help", "[COMMAND]", "explain a command", "", {}, "taskgate help keys create"},
};

}  // namespace

std::span<const CommandSpec> command_table() {
  return kCommands;
}

const CommandSpec* find_command(std::string_view name) {
  for (const auto& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace taskgate::app
