#include "cli/help_format.h"

#include <algorithm>
#include <utility>

namespace touchstone {

// The library puts two empty lines between groups of options.
std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
  for (std::size_t at; (at = help.find("\n\n\n")) != std::string::npos;) help.erase(at, 1);
  return help;
}

// A flag that may have a value is called "--json{-}", with the value that it has without one.
std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  const std::string name = CLI::Formatter::make_option_name(option, is_positional);
  return name.substr(0, name.find('{'));
}

// The type's name stands before the description of its check, with a colon between; "TEXT" says nothing, and
// a check for one of some words is "TEXT:{one,other}". That of a flag which may have a value is "[=FILE]".
std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const std::string named = option->get_type_name();
  const std::size_t colon = named.find(':');
  std::string type = named.substr(0, colon);
  if (type.rfind("[=", 0) == 0) return type;
  if (colon != std::string::npos && named.back() == '}') {
    type = named.substr(colon + 2, named.size() - colon - 3);
    std::replace(type.begin(), type.end(), ',', '|');
  }
  const bool is_named = option->get_type_size() != 0 && type != "TEXT" && !option->get_positional();
  return (is_named ? " " + type : "") + (option->get_required() ? " (required)" : "");
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  const std::string value = option->get_default_str();
  return option->get_description() + (value.empty() ? "" : " [" + value + "]");
}

}  // namespace touchstone
