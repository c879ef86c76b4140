#pragma once
// An incremental scan of JSON text that knows at every byte whether the document is whole, where it
// was cut, and how it can be closed. For answers that stop in the middle, and for finding JSON
// inside prose. It builds no document and keeps none of the text; one pass, constant time a byte.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::checks {

/// What the text so far would be if it ended here.
enum class ScanState : std::uint8_t {
  empty,     ///< white space only
  open,      ///< the beginning of a document whose rest is missing
  complete,  ///< one whole document
  invalid    ///< no continuation makes it JSON (RFC 8259), or it is nested too deep
};

class JsonScanner {
 public:
  static constexpr std::size_t kMaxDepth = 128;  ///< of nested arrays and objects

  /// Takes the next piece, cut anywhere. Returns how many of its bytes belong to the document: all,
  /// unless the document ended before (white space after it is taken) or the text became invalid.
  std::size_t feed(std::string_view piece);

  ScanState state() const noexcept;
  /// Bytes taken so far; when invalid, the offset of the byte that made it so.
  std::size_t offset() const noexcept { return offset_; }
  /// JSON pointer of the value that is missing or incomplete, or of the container that is still
  /// open between two values. Keys are cut at 256 bytes.
  std::string cut_pointer() const;
  /// Whether a prefix can be closed: an array or object had been opened.
  bool is_closable() const noexcept { return safe_length_ > 0; }
  /// Length of the longest prefix that holds only whole values; closers() makes it a document.
  std::size_t safe_length() const noexcept { return safe_length_; }
  /// The brackets that are still open, innermost first.
  std::string closers() const;

 private:
  enum class Expect : std::uint8_t {
    value,
    first_key_or_end,
    key,
    colon,
    first_value_or_end,
    comma_or_end,
    nothing,
    in_key,
    in_string,
    in_number,
    in_literal,
    failed
  };
  enum class Number : std::uint8_t { minus, zero, digits, dot, fraction, e, e_sign, exponent };
  struct Frame {
    bool is_object = false;
    std::size_t index = 0;
    std::string key;  ///< raw, as written between the quotes
  };

  bool step(char byte);
  bool begin_value(char byte);
  bool open(char byte);
  bool close(char byte);
  bool string_byte(char byte);
  bool number_byte(char byte);
  void value_ended(std::size_t end);
  bool fail();
  bool number_may_end() const noexcept;

  std::array<Frame, kMaxDepth> frames_;
  std::size_t depth_ = 0;
  Expect expect_ = Expect::value;
  Number number_ = Number::minus;
  std::string_view literal_;
  std::size_t literal_pos_ = 0;
  int escape_ = 0;  ///< 0: none; 1: after a backslash; 2..5: hexadecimal digits to come, plus one
  bool key_complete_ = false;  ///< the pair's key has been read, its value has not ended
  std::size_t offset_ = 0;
  std::size_t safe_length_ = 0;
};

/// The scanner's state after all of `text`; trailing bytes other than white space make it invalid.
ScanState scan_json(std::string_view text, JsonScanner& scanner);

/// `text`, cut in the middle, as a whole document that holds its complete values: the last partial
/// scalar or key is dropped, open brackets are closed. nullopt: nothing can be closed.
std::optional<std::string> closed_repair(std::string_view text, const JsonScanner& scanner);

}  // namespace taskgate::checks
