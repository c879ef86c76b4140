#pragma once
// Loads a configuration from text written for one test.

#include "taskgate/app/config_loader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace taskgate::app {

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    folder_ = std::filesystem::temp_directory_path() /
              ("taskgate-config-" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
               std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    std::filesystem::create_directories(folder_);
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  /// Loads `text` as a file; `sources_` may hold environment and flags.
  LoadedConfig load(const std::string& text) {
    sources_.file = write("c.json", text);
    return load_config(sources_);
  }

  /// The problems as a user sees them, with the folder's name taken out.
  std::string told(const LoadedConfig& loaded) const {
    std::string text = format_problems(loaded.problems);
    const std::string folder = folder_.string() + "/";
    for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;)
      text.erase(at, folder.size());
    return text;
  }

  std::filesystem::path folder_;
  ConfigSources sources_;
};

}  // namespace taskgate::app
