#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace touchstone {

/// What is wrong with a command line that holds a word which the parser has no use for: "there is no command
/// 'gallery inf'; did you mean info? See touchstone gallery --help". It names the command that the word was
/// given to, and the name that is nearest to a mistyped one. Empty if there is no such word.
/// @param app  after its parse has failed.
std::string AboutUnknownWord(const CLI::App& app);

/// "name a command: info, list", where the innermost command that was recognised has commands of its own and
/// none was named; empty if it has none. @param app  as above.
std::string AboutMissingCommand(const CLI::App& app);

/// What is wrong with a value that is no number of the kind that its option takes. @param said  by the
/// parser, "Could not convert: --dims = 1.5", which tells not what would be right; empty for anything else.
std::string AboutBadNumber(const CLI::App& app, const std::string& said);

/// What is wrong where an option was given an empty value, as an unset variable is in "--fail-above
/// "$LIMIT"": the parser takes it for not given. Empty if there is none. @param app  after its parse has
/// succeeded.
std::string AboutEmptyValue(const CLI::App& app);

/// "touchstone gallery info": the commands that were recognised, for a hint at their --help.
std::string RecognisedCommand(const CLI::App& app);

/// Of `names` the one that the fewest changes turn `word` into (a letter more, less, other, or two
/// exchanged); empty if that takes more than a third of the word's letters.
std::string NearestName(const std::string& word, const std::vector<std::string>& names);

}  // namespace touchstone
