#pragma once
// The value that the model meant, when it wrote one of another type: "12" for 12, an object as a
// JSON string, one value where a list belongs, a name in other letters.

#include "taskgate/checks/schema.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace taskgate::checks {

struct Cast {
  nlohmann::json value;
  std::string what;  ///< "a number written as a string" …
  double confidence = 0;
};

/// What `value` at `path` should be by the schema. nullopt: it fits, or nothing explains it.
std::optional<Cast> cast_value(const CompiledSchema& schema,
                               std::string_view path,
                               const nlohmann::json& value);

/// A name without its spelling: "unitPrice", "unit_price", "Unit-Price" → "unitprice".
std::string bare_name(std::string_view name);

}  // namespace taskgate::checks
