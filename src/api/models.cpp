#include "api/models.hpp"

#include "api/request_parts.hpp"
#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;

void append_count(std::string& out, std::string_view key, std::int64_t count) {
  append_json_key(out, key);
  append_json_number(out, count);
}

void append_wait(std::string& out,
                 std::string_view key,
                 std::optional<std::chrono::milliseconds> wait) {
  append_json_key(out, key);
  if (wait) {
    append_json_number(out, static_cast<std::int64_t>(wait->count()));
  } else {
    out += "null";
  }
}

void append_quantiles(std::string& out,
                      std::string_view key,
                      const std::optional<engine::Quantiles>& quantiles) {
  append_json_key(out, key);
  if (!quantiles) {
    out += "null";
    return;
  }
  out += '{';
  append_count(out, "p50", quantiles->p50_ms);
  append_count(out, "p95", quantiles->p95_ms);
  append_count(out, "p99", quantiles->p99_ms);
  append_count(out, "samples", static_cast<std::int64_t>(quantiles->samples));
  out += '}';
}

void append_outcomes(std::string& out, const engine::ModelStatus& model) {
  append_count(out, "attempts", model.attempts);
  append_count(out, "errors", model.errors);
  append_json_key(out, "error_rate");
  if (model.attempts > 0) {
    append_json_number(out,
                       static_cast<double>(model.errors) / static_cast<double>(model.attempts));
  } else {
    out += "null";
  }
}

void append_calibration(std::string& out, const engine::CalibrationStatus& calibration) {
  if (out.back() != '[') out += ',';
  out += '{';
  append_json_key(out, "output_schema");
  if (calibration.output_schema.empty()) {
    out += "null";
  } else {
    append_json_string(out, "sha256:" + calibration.output_schema);
  }
  append_json_key(out, "methods");
  out += '[';
  for (const auto& method : calibration.methods) {
    if (out.back() != '[') out += ',';
    append_json_string(out, method);
  }
  out += ']';
  append_count(out, "labels", static_cast<std::int64_t>(calibration.labels));
  append_json_key(out, "calibrated");
  out += calibration.error ? "true" : "false";
  append_json_key(out, "error");
  if (calibration.error) {
    append_json_number(out, std::round(*calibration.error * 1e4) / 1e4);
  } else {
    out += "null";
  }
  out += '}';
}

void append_calibrations(std::string& out,
                         const std::string& model,
                         const std::vector<engine::CalibrationStatus>& all) {
  append_json_key(out, "calibration");
  out += '[';
  for (const auto& calibration : all) {
    if (calibration.model == model) append_calibration(out, calibration);
  }
  out += ']';
}

void append_model(std::string& out, const engine::ModelStatus& model, bool configured) {
  out += '{';
  append_json_key(out, "id");
  append_json_string(out, model.model);
  append_json_key(out, "object");
  append_json_string(out, "model");
  append_json_key(out, "configured");
  out += configured ? "true" : "false";
  append_json_key(out, "breaker");
  out += '{';
  append_json_key(out, "state");
  append_json_string(out, model.breaker);
  append_wait(out, "probe_in_ms", model.probe_in);
  out += '}';
  append_wait(out, "paused_for_ms", model.paused_for);
  append_json_key(out, "concurrency");
  out += '{';
  append_json_key(out, "limit");
  if (model.concurrency_limit) {
    append_json_number(out, static_cast<std::int64_t>(*model.concurrency_limit));
  } else {
    out += "null";
  }
  append_count(out, "in_flight", model.in_flight);
  append_count(out, "held", static_cast<std::int64_t>(model.held));
  out += '}';
  append_outcomes(out, model);
  append_json_key(out, "latency_ms");
  out += '{';
  append_quantiles(out, "first_token", model.first_token);
  append_quantiles(out, "total", model.total);
  out += '}';
}

void append_provider(std::string& out,
                     const ProviderInfo& provider,
                     const std::vector<engine::ModelStatus>& models,
                     const std::vector<engine::CalibrationStatus>& calibrations) {
  out += R"({"object":"provider","name":)";
  append_json_string(out, provider.name);
  append_json_key(out, "models");
  append_json_string(out, provider.models);
  append_json_key(out, "list");
  out += '[';
  const auto add = [&](const engine::ModelStatus& model, bool configured) {
    if (out.back() != '[') out += ',';
    append_model(out, model, configured);
    append_calibrations(out, model.model, calibrations);
    out += '}';
  };
  for (const auto& name : provider.configured) {
    const auto used = std::find_if(models.begin(), models.end(),
                                   [&](const auto& model) { return model.model == name; });
    engine::ModelStatus unused;
    unused.model = name;
    add(used != models.end() ? *used : unused, true);
  }
  const std::string prefix = provider.name + "/";
  for (const auto& model : models) {
    const auto& known = provider.configured;
    if (!model.model.starts_with(prefix)) continue;
    if (std::find(known.begin(), known.end(), model.model) == known.end()) add(model, false);
  }
  out += "]}";
}

// Models that were not used since the start are listed for their labels.
std::vector<engine::ModelStatus> with_calibrated(
    std::vector<engine::ModelStatus> models,
    const std::vector<engine::CalibrationStatus>& calibrations) {
  for (const auto& calibration : calibrations) {
    const auto is_it = [&](const auto& model) { return model.model == calibration.model; };
    if (std::any_of(models.begin(), models.end(), is_it)) continue;
    models.emplace_back().model = calibration.model;
  }
  return models;
}

}  // namespace

asio::awaitable<net::Response> ModelRoutes::list(net::Request& request) {
  const auto calibrations = gateway_.calibrations(principal_of(request).tenant);
  const auto models = with_calibrated(gateway_.models(), calibrations);
  std::string body = R"({"object":"list","data":[)";
  for (const auto& provider : providers_) {
    if (body.back() != '[') body += ',';
    append_provider(body, provider, models, calibrations);
  }
  body += R"(],"has_more":false})";
  auto response = net::Response::json(200, std::move(body));
  response.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace taskgate::api
