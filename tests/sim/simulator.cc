// The simulator's command line. What it prints first is what somebody needs who sees it for the first time: --help.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "../tests/sim/shrink.h"
#include "../tests/sim/simulation.h"
#include "base/json.h"
#include "base/text.h"

namespace sallyport::sim {
namespace {

constexpr std::string_view help =
    R"(simulator: plays Sallyport from seeds, with everything failing, and holds it to its invariants

  simulator --seed N             play one seed
  simulator --seeds A..B         play these
  simulator --cases N            play seeds from 1 (or --from S) until so many cases were opened
  simulator --twice A..B         play each twice and compare the traces, byte for byte

  --trace                        print what happened, line by line
  --coverage                     list every combination of action, signal, fault and role that was not tried
  --invariants                   print the invariants by number, how often each was checked, and which are not
  --json                         one line of JSON at the end instead of words
  --shrink                       make a failing seed short, and print it as a story (on by default; --no-shrink)
  --go-on                        do not stop at the first failing seed

A seed is a company, its people and some 400 steps: cases side by side, signatures, two executors, and a disk, a
directory, a clock and a post that fail. The same seed gives the same trace on every machine. After each step the
auditor (tests/sim/auditor.cc) checks the invariants that docs/testing.md lists by number.

Exit code 0: every invariant held, 1: one did not, 2: this was asked for wrongly.
)";

struct Asked {
  std::uint64_t from = 1, to = 0;  // to 0: no end
  std::uint64_t cases = 0;
  bool trace = false, coverage = false, invariants = false, json = false, shrink = true, go_on = false, twice = false;
};

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

bool range_in(std::string_view text, Asked& asked) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return false;
  const auto from = number_in(text.substr(0, dots));
  const auto to = number_in(text.substr(dots + 2));
  if (!from || !to || *to < *from) return false;
  asked.from = *from;
  asked.to = *to;
  return true;
}

std::optional<Asked> read(int count, char** arguments) {
  Asked asked;
  bool told = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    const auto value = [&]() -> std::string_view { return i + 1 < count ? arguments[++i] : ""; };
    if (word == "--seed") {
      const auto n = number_in(value());
      if (!n) return std::nullopt;
      asked.from = asked.to = *n;
      told = true;
    } else if (word == "--seeds" || word == "--twice") {
      if (!range_in(value(), asked)) return std::nullopt;
      asked.twice = word == "--twice";
      told = true;
    } else if (word == "--cases") {
      const auto n = number_in(value());
      if (!n) return std::nullopt;
      asked.cases = *n;
      told = true;
    } else if (word == "--from") {
      const auto n = number_in(value());
      if (!n) return std::nullopt;
      asked.from = *n;
    } else if (word == "--trace") asked.trace = true;
    else if (word == "--coverage") asked.coverage = true;
    else if (word == "--invariants") asked.invariants = true;
    else if (word == "--json") asked.json = true;
    else if (word == "--shrink") asked.shrink = true;
    else if (word == "--no-shrink") asked.shrink = false;
    else if (word == "--go-on") asked.go_on = true;
    else return std::nullopt;
  }
  if (!told) return std::nullopt;
  return asked;
}

struct Totals {
  std::uint64_t seeds = 0, cases = 0, done = 0, entries = 0, writes = 0, steps = 0, failed = 0;
  std::array<std::uint64_t, invariants_max + 1> checks{};

  void add(const SeedOutcome& o) {
    ++seeds;
    cases += o.cases;
    done += o.done;
    entries += o.entries;
    writes += o.writes;
    steps += o.steps.size();
    for (std::size_t i = 0; i < checks.size(); ++i) checks[i] += o.checks[i];
    if (!o.violations.empty()) ++failed;
  }
};

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void tell_failure(const Policies& policies, const SeedOutcome& outcome, bool shrink) {
  print(concat("seed ", outcome.seed, " fails after step ", outcome.failed_at, " (policy ", outcome.policy, ")\n"));
  for (const auto& v : outcome.violations) print(concat("  invariant ", v.number, ": ", v.what, "\n"));
  print(concat("  again: simulator --seed ", outcome.seed, " --trace\n"));
  std::fflush(stdout);
  if (!shrink) return;
  const auto shrunk = shrink_seed(policies, outcome);
  print(concat("  shrunk from ", outcome.steps.size(), " steps to ", shrunk.steps.size(), ":\n\n", shrunk.story, "\n"));
  print(concat("  its trace:\n", shrunk.trace, "\n"));
  std::fflush(stdout);
}

void tell_invariants(const Totals& totals) {
  for (const auto& info : invariants())
    print(concat(info.number, info.number < 10 ? "  " : " ", info.checked ? "checked " : "not yet ",
                 totals.checks[info.number], "  ", info.text, "\n"));
}

int play(const Asked& asked) {
  const auto begin = std::chrono::steady_clock::now();
  const Policies policies(SALLYPORT_SOURCE_DIR);
  Coverage coverage(policies);
  const std::chrono::duration<double> preparing = std::chrono::steady_clock::now() - begin;
  Totals totals;
  std::uint64_t different = 0;
  const auto from = std::chrono::steady_clock::now();
  for (auto seed = asked.from;; ++seed) {
    if (asked.to != 0 && seed > asked.to) break;
    if (asked.cases != 0 && totals.cases >= asked.cases) break;
    Options options;
    options.keep_trace = asked.trace || asked.twice;
    const auto outcome = Simulation(policies, seed, options, &coverage).run();
    totals.add(outcome);
    if (asked.trace) print(outcome.trace);
    if (asked.twice) {
      const auto again = Simulation(policies, seed, options).run();
      if (again.trace != outcome.trace) {
        ++different;
        print(concat("seed ", seed, " gives two traces\n"));
      }
    }
    if (!outcome.violations.empty()) {
      tell_failure(policies, outcome, asked.shrink);
      if (!asked.go_on) break;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
  const auto empty = coverage.empty();
  const auto per_second = took.count() > 0 ? static_cast<double>(totals.cases) / took.count() : 0.0;
  if (asked.json) {
    print(to_text(Json::object({{"seeds", totals.seeds},
                                {"steps", totals.steps},
                                {"cases", totals.cases},
                                {"done", totals.done},
                                {"entries", totals.entries},
                                {"directory_writes", totals.writes},
                                {"failed_seeds", totals.failed},
                                {"different_traces", different},
                                {"cells", coverage.cells()},
                                {"empty_cells", empty.size()},
                                {"milliseconds", static_cast<std::int64_t>(took.count() * 1000)}})));
    print("\n");
  } else {
    print(concat(totals.seeds, " seeds, ", totals.steps, " steps, ", totals.cases, " cases, ", totals.done, " done, ",
                 totals.entries, " entries, ", totals.writes, " directory writes; ", totals.failed, " seeds fail\n"));
    std::printf("%.0f cases a second (%.1f s, and %.1f s for the proofs of the policies)\n", per_second, took.count(),
                preparing.count());
    print(concat("coverage: ", coverage.cells() - empty.size(), " of ", coverage.cells(),
                 " cells of action x signal x fault x role\n"));
    if (asked.twice) print(concat(different, " of ", totals.seeds, " seeds give two traces\n"));
  }
  if (asked.coverage)
    for (const auto& cell : empty) print(concat("empty: ", cell, "\n"));
  if (asked.coverage)
    for (std::size_t i = 0; i < step_kinds; ++i)
      print(concat("step ", to_string(static_cast<StepKind>(i)), ": ", coverage.steps()[i], "\n"));
  if (asked.invariants) tell_invariants(totals);
  return totals.failed + different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sallyport::sim

int main(int count, char** arguments) {
  using namespace sallyport::sim;
  if (count == 2 && std::strcmp(arguments[1], "--help") == 0) {
    print(help);
    return 0;
  }
  const auto asked = read(count, arguments);
  if (!asked) {
    std::fputs("simulator: say which seeds; `simulator --help` tells how\n", stderr);
    return 2;
  }
  return play(*asked);
}
