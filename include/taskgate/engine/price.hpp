#pragma once
// What model turns cost, by a price table of the operator's. Pure.

#include "taskgate/providers/provider.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::engine {

/// US dollars per million tokens.
struct Price {
  double input_per_million = 0;
  double output_per_million = 0;
  std::optional<double> cached_input_per_million;  ///< unset: as input
  std::optional<double> cache_write_per_million;   ///< unset: as input
};

/// What that usage costs in US dollars. 0 for a usage that was not reported.
double cost_usd(const providers::Usage& usage, const Price& price);

/// Prices by model.
class PriceTable {
 public:
  PriceTable() = default;
  /// By "provider/model"; a name that ends in * stands for all that begin so.
  explicit PriceTable(std::map<std::string, Price, std::less<>> prices)
      : prices_(std::move(prices)) {}

  /// The model's own price, else that of the longest name with * that fits; nullopt when there is
  /// none.
  std::optional<Price> find(std::string_view model) const;

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

}  // namespace taskgate::engine
