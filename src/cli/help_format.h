#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace touchstone {

/// How --help shows options: "--sigma PX", then the description with the default in brackets. The library's
/// own way, "--threads N:INT in [0 - 1024]=0" and "--json{-}", shows how it checks values.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    label("OPTIONS", "options");
    label("SUBCOMMAND", "COMMAND");
  }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace touchstone
