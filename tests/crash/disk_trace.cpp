#include "crash/disk_trace.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <random>

namespace taskgate::crash {

namespace {

constexpr std::size_t kSector = 512;

// The order of chances must not depend on the standard library: a seed is for ever.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  bool one_in(std::uint64_t count) { return random_() % count == 0; }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

 private:
  std::mt19937_64 random_;
};

void put(std::string& content, std::size_t offset, const char* bytes, std::size_t size) {
  if (content.size() < offset + size) content.resize(offset + size, '\0');
  content.replace(offset, size, bytes, size);
}

void apply_whole(std::string& content, const DiskOperation& operation) {
  const auto offset = static_cast<std::size_t>(operation.offset);
  if (operation.kind == DiskOperation::Kind::truncate)
    content.resize(offset, '\0');
  else
    put(content, offset, operation.bytes.data(), operation.bytes.size());
}

// The pieces of a write that lie in one sector each, as the disk sees them.
template <class Visit>
void for_each_sector(const DiskOperation& operation, Visit visit) {
  const auto offset = static_cast<std::size_t>(operation.offset);
  std::size_t done = 0;
  while (done < operation.bytes.size()) {
    const auto room = kSector - (offset + done) % kSector;
    const auto size = std::min(room, operation.bytes.size() - done);
    visit(offset + done, operation.bytes.data() + done, size);
    done += size;
  }
}

void apply_torn(std::string& content,
                const DiskOperation& operation,
                Chance& chance,
                Survival survival) {
  if (operation.kind == DiskOperation::Kind::truncate) {
    if (chance.one_in(2)) apply_whole(content, operation);
    return;
  }
  for_each_sector(operation, [&](std::size_t offset, const char* bytes, std::size_t size) {
    if (survival == Survival::scrambled && chance.one_in(8)) {
      std::string garbage(size, '\0');
      for (auto& c : garbage) c = static_cast<char>(chance.below(256));
      put(content, offset, garbage.data(), size);
    } else if (chance.one_in(2)) {
      put(content, offset, bytes, size);
    }
  });
}

}  // namespace

void DiskReplay::advance_to(std::size_t operation) {
  for (; at_ < std::min(operation, trace_.operations.size()); ++at_) apply(at_);
}

void DiskReplay::apply(std::size_t index) {
  const auto& operation = trace_.operations[index];
  switch (operation.kind) {
    case DiskOperation::Kind::create:
      files_[operation.file];
      pending_names_.push_back({operation.bytes, operation.file});
      break;
    case DiskOperation::Kind::remove:
      pending_names_.push_back({operation.bytes, 0});
      break;
    case DiskOperation::Kind::write:
    case DiskOperation::Kind::truncate:
      files_[operation.file].pending.push_back(index);
      break;
    case DiskOperation::Kind::sync: {
      auto& file = files_[operation.file];
      for (const auto each : file.pending) apply_whole(file.durable, trace_.operations[each]);
      file.pending.clear();
      break;
    }
  }
  if (operation.syncs_directory) sync_directory();
}

void DiskReplay::sync_directory() {
  for (const auto& change : pending_names_) {
    if (change.file == 0)
      names_.erase(change.name);
    else
      names_[change.name] = change.file;
  }
  pending_names_.clear();
}

void DiskReplay::write_files(const std::filesystem::path& folder, std::uint64_t seed) const {
  Chance chance(seed);
  const auto survival = static_cast<Survival>(seed % kSurvivals);
  const auto survives = [&] {
    return survival == Survival::everything || (survival != Survival::nothing && chance.one_in(2));
  };
  auto names = names_;
  for (const auto& change : pending_names_) {
    if (!survives()) continue;
    if (change.file == 0)
      names.erase(change.name);
    else
      names[change.name] = change.file;
  }
  for (const auto& [name, number] : names) {
    const auto& file = files_.at(number);
    auto content = file.durable;
    auto order = file.pending;
    if (survival == Survival::torn || survival == Survival::scrambled) {
      for (std::size_t left = order.size(); left > 1; --left)
        std::swap(order[left - 1], order[chance.below(left)]);
    }
    const auto reached = survival == Survival::prefix ? chance.below(order.size() + 1) : 0;
    for (std::size_t index = 0; index < order.size(); ++index) {
      const auto& operation = trace_.operations[order[index]];
      if (survival == Survival::torn || survival == Survival::scrambled)
        apply_torn(content, operation, chance, survival);
      else if (survival != Survival::prefix ? survives() : index < reached)
        apply_whole(content, operation);
      else if (survival == Survival::prefix && index == reached)
        apply_torn(content, operation, chance, Survival::torn);
    }
    std::ofstream out(folder / name, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
  }
}

}  // namespace taskgate::crash
