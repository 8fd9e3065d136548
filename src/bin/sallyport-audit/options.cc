#include "bin/sallyport-audit/options.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "bin/sallyport-audit/help.h"

namespace sallyport::audit {
namespace {

std::unexpected<Fault> usage(std::string what) {
  return fault(FaultKind::invalid, std::move(what), "see `sallyport-audit --help`");
}

template <typename Number>
std::optional<Number> number_from(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Words and options in any order: `--name value`, `--name=value` and `--flag`.
struct Given {
  std::vector<std::string_view> words;
  std::vector<std::pair<std::string_view, std::string_view>> options;

  [[nodiscard]] bool has(std::string_view name) const {
    return std::ranges::find(options, name, &std::pair<std::string_view, std::string_view>::first) != options.end();
  }
  [[nodiscard]] std::string_view value(std::string_view name) const {
    const auto found = std::ranges::find(options, name, &std::pair<std::string_view, std::string_view>::first);
    return found == options.end() ? std::string_view() : found->second;
  }
};

Result<Given> sort_out(const std::vector<std::string_view>& arguments, std::size_t from,
                       const std::vector<std::string_view>& flags, const std::vector<std::string_view>& valued) {
  Given given;
  for (auto i = from; i < arguments.size(); ++i) {
    const auto argument = arguments[i];
    if (!argument.starts_with("--")) {
      given.words.push_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    const auto name = argument.substr(0, equals);
    if (given.has(name)) return usage(concat("`", name, "` is given twice"));
    if (std::ranges::find(flags, argument) != flags.end()) {
      given.options.emplace_back(argument, std::string_view());
    } else if (std::ranges::find(valued, name) != valued.end()) {
      if (equals == std::string_view::npos && i + 1 == arguments.size())
        return usage(concat("`", name, "` needs a value"));
      given.options.emplace_back(name, equals == std::string_view::npos ? arguments[++i] : argument.substr(equals + 1));
      if (given.options.back().second.empty()) return usage(concat("`", name, "` needs a value"));
    } else {
      return usage(concat("`", name, "` is not known here"));
    }
  }
  return given;
}

Result<Command> parse_verify(const std::vector<std::string_view>& arguments, unsigned cores) {
  SP_TRY(const auto given,
         sort_out(arguments, 1, {"--help", "--hashes-only", "--json", "--quiet"},
                  {"--key", "--key-file", "--genesis", "--since", "--witnesses", "--quorum", "--threads"}));
  if (given.has("--help")) return HelpCommand{verify_help};
  if (given.words.size() != 1) return usage("verify takes one file: a ledger or a bundle");
  VerifyCommand out;
  out.file = given.words[0];
  out.key = given.value("--key");
  out.key_file = given.value("--key-file");
  if (out.key.empty() == out.key_file.empty())
    return fault(FaultKind::invalid, "verify needs the log's verifier key, once: --key or --key-file",
                 "ask somebody you trust for it; `sallyport-audit verify --help` tells more");
  if (given.has("--genesis")) {
    out.genesis = digest_from_hex(given.value("--genesis"));
    if (!out.genesis) return usage("--genesis is the leaf hash of entry 0: 64 lower-case hex digits");
  }
  out.since = given.value("--since");
  out.witnesses = given.value("--witnesses");
  if (given.has("--quorum")) {
    out.quorum = number_from<std::size_t>(given.value("--quorum"));
    if (!out.quorum || *out.quorum == 0 || out.witnesses.empty())
      return usage("--quorum is how many of the --witnesses have to have cosigned, 1 at least");
  }
  out.hashes_only = given.has("--hashes-only");
  out.json = given.has("--json");
  out.quiet = given.has("--quiet");
  out.threads = std::clamp(cores, 1U, threads_by_default_max);
  if (given.has("--threads")) {
    const auto threads = number_from<unsigned>(given.value("--threads"));
    if (!threads || *threads < 1 || *threads > threads_max) return usage(concat("--threads is 1 to ", threads_max));
    out.threads = *threads;
  }
  return out;
}

Result<Command> parse_show(const std::vector<std::string_view>& arguments) {
  SP_TRY(const auto given, sort_out(arguments, 1, {"--help"}, {}));
  if (given.has("--help")) return HelpCommand{show_help};
  if (given.words.empty() || given.words.size() > 2) return usage("show takes a ledger file and perhaps an index");
  ShowCommand out{std::string(given.words[0]), std::nullopt};
  if (given.words.size() == 1) return out;
  out.index = number_from<std::uint64_t>(given.words[1]);
  if (!out.index) return usage("the index of an entry is a number; the first is 0");
  return out;
}

Result<Command> parse_case(const std::vector<std::string_view>& arguments) {
  SP_TRY(const auto given, sort_out(arguments, 1, {"--help"}, {}));
  if (given.has("--help")) return HelpCommand{case_help};
  if (given.words.size() != 2) return usage("case takes a ledger file and the id of a case");
  const auto id = CaseId::parse(given.words[1]);
  if (!id) return usage("the id of a case is 1 to 64 of a-z 0-9 - _ .");
  return StoryCommand{std::string(given.words[0]), *id};
}

Result<Command> parse_proof(const std::vector<std::string_view>& arguments) {
  SP_TRY(const auto given, sort_out(arguments, 1, {"--help"}, {"--organization", "--certificate"}));
  if (given.has("--help")) return HelpCommand{proof_help};
  if (given.words.size() != 1 || !given.has("--certificate"))
    return usage("proof takes a policy and --certificate FILE");
  return ProofCommand{std::string(given.words[0]), std::string(given.value("--organization")),
                      std::string(given.value("--certificate"))};
}

Result<Command> parse_witness(const std::vector<std::string_view>& arguments) {
  SP_TRY(const auto given,
         sort_out(arguments, 1, {"--help", "--show-key"}, {"--state", "--key-file", "--name", "--logs"}));
  if (given.has("--help")) return HelpCommand{witness_help};
  WitnessCommand out{std::string(given.value("--state")), std::string(given.value("--key-file")),
                     std::string(given.value("--name")), std::string(given.value("--logs")), given.has("--show-key")};
  if (!given.words.empty() || out.key_file.empty() || out.name.empty())
    return usage("witness takes --key-file and --name, and no file");
  if (!out.show_key && (out.state.empty() || out.logs_file.empty()))
    return usage("witness takes --state FOLDER and --logs FILE");
  return out;
}

}  // namespace

Result<Command> parse_command(const std::vector<std::string_view>& arguments, unsigned cores) {
  if (arguments.empty()) return usage("a command is missing: verify, show, case, proof or witness");
  const auto name = arguments[0];
  if (name == "--help" || name == "-h" || name == "help") return HelpCommand{help_text};
  if (name == "--version") return HelpCommand{version_text};
  if (name == "verify") return parse_verify(arguments, cores);
  if (name == "show") return parse_show(arguments);
  if (name == "case") return parse_case(arguments);
  if (name == "proof") return parse_proof(arguments);
  if (name == "witness") return parse_witness(arguments);
  return usage(concat("`", name, "` is no command of this program"));
}

}  // namespace sallyport::audit
