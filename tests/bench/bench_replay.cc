// bench_replay LEDGER KEY POLICY [CASES]: decides the cases of a ledger file again under a draft, over and over until
// so many (1,000,000) were decided, and prints JSON: how long, and what of it is reading the entries' JSON. The file is
// verified once, before the clock starts, as `sallyport drill replay` does while it reads.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/text.h"
#include "core/ledger/ledger_file.h"
#include "core/replay/replay.h"

namespace {

using namespace sallyport;
using Clock = std::chrono::steady_clock;

[[noreturn]] void stop(const std::string& why) {
  std::cerr << "bench_replay: " << why << '\n';
  std::exit(2);
}

std::vector<std::string> entries_of(const char* path, const char* key_text) {
  const auto key = parse_verifier_key(key_text);
  if (!key) stop(key.error().what);
  std::ifstream file(path, std::ios::binary);
  if (!file) stop(concat("cannot read ", path));
  LedgerFileReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    file.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(file.gcount());
  });
  std::vector<std::string> out;
  const auto report =
      verify_ledger_file(reader, *key, [&](std::uint64_t, std::string_view bytes) { out.emplace_back(bytes); });
  if (!report) stop(report.error().what);
  if (!report->sound()) stop(report->findings.front().text);
  return out;
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) stop("LEDGER KEY POLICY [CASES]");
  const auto wanted = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1'000'000;
  const auto entries = entries_of(argv[1], argv[2]);
  std::ifstream file(argv[3]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto draft = Policy::compile(text, "policy");
  if (!draft) stop(draft.error().what);

  std::uint64_t cases = 0;
  std::uint64_t read = 0;
  std::uint64_t same = 0;
  const auto begin = Clock::now();
  while (cases < wanted) {
    replay::Replay replay(*draft, Instant{});
    for (const auto& bytes : entries) {
      const auto entry = decode_entry(bytes);
      if (!entry) stop(entry.error().what);
      if (auto ok = replay.feed(*entry); !ok) stop(ok.error().what);
    }
    const auto report = replay.finish();
    cases += report.cases;
    same += report.of(replay::Change::same);
    read += report.entries;
  }
  const auto whole = seconds_since(begin);

  // The same entries, read and not looked at.
  const auto again = Clock::now();
  for (const auto& bytes : entries)
    if (!decode_entry(bytes)) stop("an entry cannot be read");
  const auto reading = seconds_since(again) * static_cast<double>(read) / static_cast<double>(entries.size());
  std::cout << to_text(Json::object({{"cases", Json(cases)},
                                     {"same", Json(same)},
                                     {"entries", Json(read)},
                                     {"ms", static_cast<std::int64_t>(whole * 1000)},
                                     {"reading_ms", static_cast<std::int64_t>(reading * 1000)}}))
            << '\n';
}
