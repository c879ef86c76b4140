#include "checks/duplicates.hpp"

#include "checks/json_pointer.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxWalkedMembers = 200'000;
constexpr std::size_t kMaxMemberPointer = 512;

// One open array or object.
struct OpenContainer {
  bool is_object = false;
  std::size_t index = 0;                        // of an array: the element that is read
  std::size_t pointer_length = 0;               // of the container's own pointer
  std::unordered_map<std::string, bool> names;  // of an object; true: told already
};

class DuplicateWalk {
 public:
  using Visit = std::function<void(const std::string&, const std::string&)>;

  DuplicateWalk(std::string_view text, std::size_t limit, const Visit& visit)
      : text_(text), limit_(limit), visit_(visit) {}

  void run() {
    while (pos_ < text_.size() && found_ < limit_ && members_ < kMaxWalkedMembers) {
      switch (text_[pos_]) {
        case '{':
        case '[':
          open(text_[pos_] == '{');
          break;
        case '}':
        case ']':
          if (open_.empty()) return;
          pointer_.resize(open_.back().pointer_length);
          open_.pop_back();
          break;
        case ',':
          next();
          break;
        case '"':
          take_string();
          break;
        default:
          break;
      }
      ++pos_;
    }
  }

 private:
  void open(bool is_object) {
    OpenContainer container;
    container.is_object = is_object;
    container.pointer_length = pointer_.size();
    open_.push_back(std::move(container));
    wants_name_ = is_object;
    if (!is_object) enter_index();
  }

  void enter_index() {
    if (pointer_.size() < kMaxMemberPointer) append_pointer_segment(pointer_, open_.back().index);
  }

  void next() {
    if (open_.empty()) return;
    pointer_.resize(open_.back().pointer_length);
    wants_name_ = open_.back().is_object;
    if (wants_name_) return;
    ++open_.back().index;
    enter_index();
  }

  // Ends at the closing mark.
  void take_string() {
    const std::size_t begin = ++pos_;
    while (pos_ < text_.size() && text_[pos_] != '"') pos_ += text_[pos_] == '\\' ? 2 : 1;
    if (!std::exchange(wants_name_, false)) return;
    ++members_;
    auto name = unescape_json(text_.substr(begin, std::min(pos_, text_.size()) - begin));
    if (pointer_.size() < kMaxMemberPointer) append_pointer_segment(pointer_, name);
    const auto [known, is_new] = open_.back().names.emplace(std::move(name), false);
    if (is_new || std::exchange(known->second, true)) return;
    ++found_;
    visit_(pointer_, known->first);
  }

  std::string_view text_;
  std::size_t limit_;
  const Visit& visit_;
  std::size_t pos_ = 0;
  std::size_t found_ = 0;
  std::size_t members_ = 0;
  bool wants_name_ = false;
  std::string pointer_;
  std::vector<OpenContainer> open_;
};

}  // namespace

void for_each_duplicate(
    std::string_view text,
    std::size_t limit,
    const std::function<void(const std::string& pointer, const std::string& name)>& visit) {
  DuplicateWalk(text, limit, visit).run();
}

}  // namespace taskgate::checks
