#include "taskgate/engine/price.hpp"

#include <algorithm>

namespace taskgate::engine {
namespace {

constexpr double kMillion = 1e6;

double cost_of(std::int64_t tokens, double per_million) {
  return static_cast<double>(tokens) / kMillion * per_million;
}

}  // namespace

double cost_usd(const providers::Usage& usage, const Price& price) {
  const auto input = std::max<std::int64_t>(usage.input_tokens, 0);
  const auto cached = std::clamp<std::int64_t>(usage.cached_input_tokens, 0, input);
  const auto written = std::clamp<std::int64_t>(usage.cache_write_input_tokens, 0, input - cached);
  const auto plain = input - cached - written;
  return cost_of(plain, price.input_per_million) +
         cost_of(cached, price.cached_input_per_million.value_or(price.input_per_million)) +
         cost_of(written, price.cache_write_per_million.value_or(price.input_per_million)) +
         cost_of(usage.output_tokens, price.output_per_million);
}

std::optional<Price> PriceTable::find(std::string_view model) const {
  if (const auto exact = prices_.find(model); exact != prices_.end()) return exact->second;
  const Price* best = nullptr;
  std::size_t longest = 0;
  for (const auto& [name, price] : prices_) {
    if (!name.ends_with('*') || name.size() <= longest) continue;
    if (!model.starts_with(std::string_view(name).substr(0, name.size() - 1))) continue;
    best = &price;
    longest = name.size();
  }
  return best != nullptr ? std::optional(*best) : std::nullopt;
}

}  // namespace taskgate::engine
