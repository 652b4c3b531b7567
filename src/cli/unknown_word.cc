#include "cli/unknown_word.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace touchstone {
namespace {

// The innermost command that was recognised.
const CLI::App& Innermost(const CLI::App& app) {
  const CLI::App* innermost = &app;
  while (!innermost->get_subcommands().empty()) innermost = innermost->get_subcommands().front();
  return *innermost;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// Whether the option is one of fit, which decides for good what a gallery is made of.
bool IsOfFit(const CLI::App& app, const std::string& option) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    const std::vector<std::string> names = OptionNames(*command);
    if (command->get_name() == "fit") return std::find(names.begin(), names.end(), option) != names.end();
  }
  return false;
}

// Changes that turn one word into another: V. I. Levenshtein, 1966, with F. J. Damerau's exchange of two
// neighbours, 1964.
std::size_t NumChanges(const std::string& from, const std::string& to) {
  std::vector<std::vector<std::size_t>> changes(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i) changes[i][0] = i;
  for (std::size_t j = 0; j <= to.size(); ++j) changes[0][j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t other = changes[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      changes[i][j] = std::min({other, changes[i - 1][j] + 1, changes[i][j - 1] + 1});
      const bool are_exchanged = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (are_exchanged) changes[i][j] = std::min(changes[i][j], changes[i - 2][j - 2] + 1);
    }
  }
  return changes[from.size()][to.size()];
}

}  // namespace

std::string RecognisedCommand(const CLI::App& app) {
  std::string command = app.get_name();
  for (const CLI::App* next = &app; !next->get_subcommands().empty();) {
    next = next->get_subcommands().front();
    command += ' ' + next->get_name();
  }
  return command;
}

std::string NearestName(const std::string& word, const std::vector<std::string>& names) {
  const std::size_t num_letters = word.size() - std::min(word.size(), word.find_first_not_of('-'));
  std::string nearest;
  std::size_t fewest = num_letters / 3 + 1;
  for (const std::string& name : names) {
    const std::size_t changes = NumChanges(word, name);
    if (changes < fewest) {
      fewest = changes;
      nearest = name;
    }
  }
  return nearest;
}

std::string AboutMissingCommand(const CLI::App& app) {
  const std::vector<std::string> names = CommandNames(Innermost(app));
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "name a command: " : ", ") + name;
  return text;
}

std::string AboutBadNumber(const CLI::App& app, const std::string& said) {
  const std::string begin = "Could not convert: ", between = " = ";
  const std::size_t middle = said.find(between);
  if (said.rfind(begin, 0) != 0 || middle == std::string::npos) return "";
  const std::string name = said.substr(begin.size(), middle - begin.size());
  const std::string value = said.substr(middle + between.size());
  const bool is_negative = value.rfind('-', 0) == 0;
  const bool is_whole = value.find_first_not_of("0123456789", is_negative ? 1 : 0) == std::string::npos;
  const CLI::Option* option = Innermost(app).get_option_no_throw(name);
  if (is_whole) return name + ' ' + value + (is_negative ? ": must be 0 or more" : ": is too large a number");
  const bool wants_whole = option != nullptr && option->get_type_name() == "N";
  return name + ' ' + value + ": must be a " + (wants_whole ? "whole number" : "number");
}

std::string AboutEmptyValue(const CLI::App& app) {
  for (const CLI::Option* option : Innermost(app).get_options()) {
    const std::vector<std::string>& values = option->results();
    if (std::find(values.begin(), values.end(), "") == values.end()) continue;
    return option->get_name() + ": must not be empty; give it a value, or leave it out";
  }
  return "";
}

std::string AboutUnknownWord(const CLI::App& app) {
  const CLI::App& command = Innermost(app);
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return "";
  const auto option = std::find_if(words.begin(), words.end(),
                                   [](const std::string& word) { return word.size() > 1 && word[0] == '-'; });
  const bool is_option = option != words.end();
  const bool is_command = !is_option && !CommandNames(command).empty();
  const std::string word = is_option ? option->substr(0, option->find('=')) : words.front();
  std::string text =
      is_option ? "there is no option '" + word + "'" : "'" + word + "' is one argument too many";
  if (is_command) {
    const std::string before = RecognisedCommand(app).substr(app.get_name().size());
    text = "there is no command '" + (before.empty() ? "" : before.substr(1) + ' ') + word + "'";
  }
  if (is_option && IsOfFit(app, word)) {
    return text + ": it is an option of fit, and the gallery keeps what fit was told";
  }
  const std::string nearest =
      is_option || is_command ? NearestName(word, is_option ? OptionNames(command) : CommandNames(command))
                              : "";
  return text + (nearest.empty() ? "" : "; did you mean " + nearest + "?");
}

}  // namespace touchstone
