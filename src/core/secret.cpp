#include "taskgate/core/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace taskgate {

Secret::Secret(std::string text) noexcept : text_(std::move(text)) {
  // A short string was copied, not moved: what is left behind is the secret.
  OPENSSL_cleanse(text.data(), text.capacity());  // NOLINT(bugprone-use-after-move)
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
  other.cleanse();
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    cleanse();
    text_ = other.text_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    cleanse();
    text_ = std::move(other.text_);
    other.cleanse();
  }
  return *this;
}

Secret::~Secret() {
  cleanse();
}

void Secret::cleanse() noexcept {
  OPENSSL_cleanse(text_.data(), text_.capacity());
  text_.clear();
}

}  // namespace taskgate
