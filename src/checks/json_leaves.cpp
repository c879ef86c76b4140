#include "checks/json_leaves.hpp"

#include "checks/json_pointer.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <algorithm>
#include <vector>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxPointer = 512;

// Where the walk is: one level for each open container.
struct Level {
  bool is_object = false;
  std::size_t index = 0;
  std::size_t pointer_length = 0;  // of the container's own pointer
};

class LeafWalk {
 public:
  LeafWalk(std::string_view text, std::size_t limit) : text_(text), limit_(limit) {}

  void run(const std::function<void(const JsonLeaf&)>& visit) {
    while (pos_ < text_.size() && found_ < limit_) {
      const char c = text_[pos_];
      if (c == '{' || c == '[') {
        levels_.push_back({c == '{', 0, pointer_.size()});
        wants_key_ = c == '{';
        ++pos_;
        if (c == '[') enter_index();
      } else if (c == '}' || c == ']') {
        if (levels_.empty()) return;
        pointer_.resize(levels_.back().pointer_length);
        levels_.pop_back();
        ++pos_;
      } else if (c == ',') {
        next_member();
        ++pos_;
      } else if (c == '"') {
        take_string(visit);
      } else if (c == ':' || c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        ++pos_;
      } else {
        take_bare(visit);
      }
    }
  }

 private:
  void enter_index() {
    if (pointer_.size() < kMaxPointer) append_pointer_segment(pointer_, levels_.back().index);
  }

  void next_member() {
    if (levels_.empty()) return;
    pointer_.resize(levels_.back().pointer_length);
    wants_key_ = levels_.back().is_object;
    if (!wants_key_) {
      ++levels_.back().index;
      enter_index();
    }
  }

  void take_string(const std::function<void(const JsonLeaf&)>& visit) {
    const std::size_t begin = ++pos_;
    while (pos_ < text_.size() && text_[pos_] != '"') pos_ += text_[pos_] == '\\' ? 2 : 1;
    const auto raw = text_.substr(begin, std::min(pos_, text_.size()) - begin);
    ++pos_;
    if (wants_key_) {
      wants_key_ = false;
      if (pointer_.size() < kMaxPointer) append_pointer_segment(pointer_, unescape_json(raw));
      return;
    }
    ++found_;
    visit({JsonLeaf::Kind::string, pointer_, raw, begin});
  }

  void take_bare(const std::function<void(const JsonLeaf&)>& visit) {
    const std::size_t begin = pos_;
    pos_ = std::min(text_.find_first_of(",]} \n\r\t", begin), text_.size());
    const auto raw = text_.substr(begin, pos_ - begin);
    const bool number = raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9');
    ++found_;
    visit({number ? JsonLeaf::Kind::number : JsonLeaf::Kind::literal, pointer_, raw, begin});
  }

  std::string_view text_;
  std::size_t limit_;
  std::size_t pos_ = 0;
  std::size_t found_ = 0;
  bool wants_key_ = false;
  std::string pointer_;
  std::vector<Level> levels_;
};

}  // namespace

std::string JsonLeaf::text() const {
  return kind == Kind::string ? unescape_json(raw) : std::string(raw);
}

void for_each_leaf(std::string_view text,
                   std::size_t limit,
                   const std::function<void(const JsonLeaf&)>& visit) {
  LeafWalk(text, limit).run(visit);
}

}  // namespace taskgate::checks
