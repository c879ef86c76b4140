#pragma once
// A tool that is only planned with: its definition, and no downstream.

#include "taskgate/checks/schema.hpp"
#include "taskgate/tools/tool.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::test {

class PlannedTool final : public tools::Tool {
 public:
  explicit PlannedTool(tools::ToolDefinition definition) {
    auto compiled = checks::compile_schema(definition.parameters);
    if (!compiled) throw std::invalid_argument("the schema of the test cannot be used");
    contract_ = std::make_shared<const tools::ToolContract>(std::move(definition),
                                                            std::move(compiled.value()));
  }

  const std::string& name() const override { return contract_->definition.name; }
  tools::ContractPtr contract() const override { return contract_; }
  boost::asio::awaitable<Result<tools::ContractPtr>> ready() override { co_return contract_; }
  boost::asio::awaitable<tools::ToolOutcome> call(tools::ToolCallRequest) override {
    throw std::logic_error("this tool is not sent anything");
  }
  boost::asio::awaitable<tools::Reconciled> reconcile(std::string) override {
    throw std::logic_error("this tool is not asked anything");
  }

 private:
  tools::ContractPtr contract_;
};

}  // namespace taskgate::test
