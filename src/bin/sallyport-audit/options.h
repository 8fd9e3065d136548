// The command line of sallyport-audit as values. Parsed by hand: an auditor who reads this program
// should not have to read a command line library too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "core/ledger/note.h"
#include "core/model/ids.h"

namespace sallyport::audit {

inline constexpr unsigned threads_max = 64;  // past this the one thread that rules is long the slowest
inline constexpr unsigned threads_by_default_max = 2;  // an audit shares the machine with other work

// What the program leaves with. Scripts rely on these.
enum class Exit : int { sound = 0, findings = 1, usage = 2, cannot_read = 3 };

struct VerifyCommand {
  std::string file;
  std::string key;       // the verifier key as text, or empty:
  std::string key_file;  // the file that holds it
  std::optional<Digest> genesis;
  std::string since;  // the file of a checkpoint that was seen before, or empty
  std::string witnesses;  // the file of their keys, or empty
  std::optional<std::size_t> quorum;  // of them have to have cosigned; none given: all
  bool hashes_only = false;
  unsigned threads = 1;
  bool json = false;
  bool quiet = false;
};

struct ShowCommand {
  std::string file;
  std::optional<std::uint64_t> index;  // none: list all
};

struct StoryCommand {
  std::string file;
  CaseId id;
};

struct ProofCommand {
  std::string policy;
  std::string organization;  // empty: the assumed one
  std::string certificate;
};

struct WitnessCommand {
  std::string state;  // a folder
  std::string key_file;
  std::string name;
  std::string logs_file;
  bool show_key = false;
};

struct HelpCommand {
  std::string_view text;
};

using Command = std::variant<VerifyCommand, ShowCommand, StoryCommand, ProofCommand, WitnessCommand, HelpCommand>;

// `arguments` without the program's name. A fault is the user's slip, with what to do as next step.
// `cores` bounds the default of --threads.
[[nodiscard]] Result<Command> parse_command(const std::vector<std::string_view>& arguments, unsigned cores);

}  // namespace sallyport::audit
