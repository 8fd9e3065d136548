// damage_test [--count N] [--seed S] [--kind K]: does sallyport-audit find whatever is done to a ledger or a bundle,
// and say where?
//
// What runs is the program's own `verify`, on files in memory. Each damage comes from one number: a failure names it,
// and `--seed` with it and `--count 1` is the bug report. 2,000 in the test run, 200,000 in `scripts/test --long`.
//
// Found: the file is not taken for sound. Located: a finding stands at the entries that were touched, or at the next
// checkpoint that covers them. What touches no entry (a header, the page in front) is located when it is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/text.h"
#include "bin/sallyport-audit/verify.h"
#include "core/ledger/bundle_audit.h"
#include "damage/damaged.h"

namespace sallyport::damage {
namespace {

struct Verdict {
  bool sound = true;
  std::vector<std::pair<std::uint64_t, std::string>> findings;
};

Verdict judged(const Workshop& workshop, const Specimen& specimen) {
  Verdict out;
  if (specimen.file.starts_with(bundle_first_line)) {
    const auto report = audit_bundle(specimen.file, {workshop.trusted(), workshop.genesis(), specimen.since});
    out.sound = report.sound();
    for (const auto& f : report.findings) out.findings.emplace_back(f.entry, f.text);
    return out;
  }
  audit::VerifyCommand command;
  command.genesis = workshop.genesis();
  std::size_t at = 0;
  const ByteSource source = [&](std::span<std::uint8_t> target) -> Result<std::size_t> {
    const auto count = std::min(target.size(), specimen.file.size() - at);
    std::memcpy(target.data(), specimen.file.data() + at, count);
    at += count;
    return count;
  };
  const auto report = audit::verify(command, workshop.trusted(), specimen.since, source, nullptr);
  if (!report) return {false, {{0, report.error().what}}};
  out.sound = report->sound();
  for (const auto& f : report->findings) out.findings.emplace_back(f.entry, f.text);
  return out;
}

struct Count {
  std::uint64_t done = 0, found = 0, at_entries = 0, located = 0;
};

std::optional<std::uint64_t> number(const char* text) {
  std::uint64_t value = 0;
  const auto* end = text + std::strlen(text);
  const auto [last, error] = std::from_chars(text, end, value);
  return error == std::errc{} && last == end ? std::optional(value) : std::nullopt;
}

int run(std::uint64_t count, std::uint64_t first_seed, std::optional<std::uint64_t> only) {
  const Workshop workshop;
  const auto honest = judged(workshop, workshop.honest_ledger());
  if (!honest.sound) {
    std::printf("the ledger is not sound to begin with: %s\n", honest.findings.front().second.c_str());
    return 1;
  }
  for (std::size_t i = 0; i < workshop.bundles(); ++i)
    if (const auto verdict = judged(workshop, workshop.honest_bundle(i)); !verdict.sound) {
      std::printf("a bundle is not sound to begin with: %s\n", verdict.findings.front().second.c_str());
      return 1;
    }

  std::array<Count, kinds> counts;
  bool failed = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = first_seed + i;
    const auto kind = static_cast<Kind>(only.value_or(number % kinds));
    Seeded seed(number);
    const auto damaged = workshop.damaged(kind, seed);
    const auto verdict = judged(workshop, damaged.specimen);
    auto& c = counts[static_cast<std::size_t>(kind)];
    ++c.done;
    if (!verdict.sound) ++c.found;
    const bool at_entry = damaged.from.has_value();
    const bool located = at_entry && std::ranges::any_of(verdict.findings, [&](const auto& finding) {
                           return finding.first >= *damaged.from && finding.first <= *damaged.to;
                         });
    if (at_entry) ++c.at_entries;
    if (located) ++c.located;
    if (!verdict.sound && (!at_entry || located)) continue;
    failed = true;
    std::printf("seed %llu, %s: %s", static_cast<unsigned long long>(number), std::string(name_of(kind)).c_str(),
                verdict.sound ? "TAKEN FOR SOUND\n" : "");
    if (!verdict.sound)
      std::printf("found, but not at entries %llu to %llu; first: %s\n", static_cast<unsigned long long>(*damaged.from),
                  static_cast<unsigned long long>(*damaged.to), verdict.findings.front().second.c_str());
  }

  Count all;
  std::printf("%-28s %8s %8s %12s %8s\n", "damage", "done", "found", "at an entry", "located");
  const auto row = [](std::string_view name, const Count& c) {
    std::printf("%-28s %8llu %8llu %12llu %8llu\n", std::string(name).c_str(), static_cast<unsigned long long>(c.done),
                static_cast<unsigned long long>(c.found), static_cast<unsigned long long>(c.at_entries),
                static_cast<unsigned long long>(c.located));
  };
  for (std::size_t k = 0; k < kinds; ++k) {
    const auto& c = counts[k];
    all = {all.done + c.done, all.found + c.found, all.at_entries + c.at_entries, all.located + c.located};
    if (c.done > 0) row(name_of(static_cast<Kind>(k)), c);
  }
  row("all", all);
  std::printf("a ledger of %llu entries; seeds %llu to %llu\n", static_cast<unsigned long long>(workshop.size()),
              static_cast<unsigned long long>(first_seed), static_cast<unsigned long long>(first_seed + count - 1));
  return failed || testing::UnitTest::GetInstance()->Failed() ? 1 : 0;
}

int from_arguments(int argc, char** argv) {
  std::uint64_t count = 2000;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> kind;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const auto value = number(argv[i + 1]);
    if (!value || (option != "--count" && option != "--seed" && option != "--kind") ||
        (option == "--kind" && *value >= kinds)) {
      std::fprintf(stderr, "usage: damage_test [--count N] [--seed S] [--kind 0 to %zu]\n", kinds - 1);
      return 2;
    }
    if (option == "--count") count = *value;
    if (option == "--seed") seed = *value;
    if (option == "--kind") kind = *value;
  }
  return run(count, seed, kind);
}

}  // namespace
}  // namespace sallyport::damage

int main(int argc, char** argv) { return sallyport::damage::from_arguments(argc, argv); }
