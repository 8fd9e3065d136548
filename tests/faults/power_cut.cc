// What a power cut leaves, made and opened thousands of times.
//
//   power_cut FOLDER --images N [--seed S] [--keep FOLDER] [--in FOLDER] [--plant]
//
// FOLDER holds `base/` (the site's files before the first traced call), `trace` (tests/faults/fault_layer.cc: every
// write, truncation, flush, rename, in order), `durable` (lines `TRACE_BYTES ENTRIES`: at this place of the trace
// somebody was told of so many entries), `site/ledger.sqlite` (as it was in the end) and the keys. Each image is the
// disk after a cut at a random record: of each file what was flushed, and of what was not, any blocks of 512 or 4096
// bytes, in any order; of names that were not flushed, the first few. The store, the embedded directory and the clock's
// file are opened by the code that ships, and what was told must be there: entries as they were, for every deed in the
// directory its intent, for every outcome `done` its deed. Then the store is written once more, closed, and opened
// again; the last image is left as it was found, for others to open.
//
// With --plant the end of what was flushed is lost as well: to see that it is noticed.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "core/ledger/entry.h"
#include "shell/config/config.h"
#include "shell/directories/frame_log.h"
#include "shell/store/ledger_export.h"
#include "shell/store/sqlite_event_reader.h"
#include "shell/store/sqlite_event_store.h"
#include "shell/wiring/clock_keeper.h"
#include "shell/wiring/system.h"

namespace sallyport {
namespace {

namespace fs = std::filesystem;

struct [[gnu::packed]] RecordHead {
  char kind;
  std::uint64_t inode, offset;
  std::uint32_t length;
};

struct Traced {
  char kind = 0;
  std::uint64_t inode = 0, offset = 0;
  std::string_view data;
  std::size_t end = 0;  // in the trace
};

std::string read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }
bool is_kept_in_memory_only(std::string_view name) { return name.ends_with("-shm") || name.ends_with(".lock"); }

struct Change {  // of one file; not yet flushed
  bool truncates = false;
  std::uint64_t at = 0;
  std::string_view data;
};
struct File {
  std::string durable;
  std::vector<Change> pending;
};
struct NameChange {
  enum class Kind { bound, moved, gone } kind;
  std::string name, to;
  std::uint64_t inode = 0;
};

void apply(std::string& content, const Change& change) {
  if (change.truncates) return content.resize(change.at, '\0');
  if (content.size() < change.at + change.data.size()) content.resize(change.at + change.data.size(), '\0');
  std::copy(change.data.begin(), change.data.end(), content.begin() + static_cast<std::ptrdiff_t>(change.at));
}
void apply(std::map<std::string, std::uint64_t>& names, const NameChange& change) {
  if (change.kind == NameChange::Kind::bound) names[change.name] = change.inode;
  if (change.kind == NameChange::Kind::gone) names.erase(change.name);
  if (change.kind == NameChange::Kind::moved) {
    names[change.to] = names[change.name];
    names.erase(change.name);
  }
}

class Disk {
 public:
  explicit Disk(const fs::path& base) : base_(base) {}

  void take(const Traced& record) {
    const auto name = name_of(record.data);
    switch (record.kind) {
      case 'O': return opened(record, name);
      case 'W': file_of(record).pending.push_back({false, record.offset, record.data}); return;
      case 'T': file_of(record).pending.push_back({true, record.offset, {}}); return;
      case 'F': flush(file_of(record)); return;
      case 'D':
        for (const auto& change : name_changes_) apply(names_, change);
        name_changes_.clear();
        return;
      case 'R': {
        const auto from = name_of(record.data.substr(0, record.data.find('\0')));
        name_changes_.push_back(
            {NameChange::Kind::moved, from, name_of(record.data.substr(record.data.find('\0') + 1))});
        seen_[name_changes_.back().to] = seen_[from];
        seen_.erase(from);
        return;
      }
      case 'U':
        name_changes_.push_back({NameChange::Kind::gone, name, ""});
        seen_.erase(name);
        return;
      default: return;
    }
  }

  // The disk as it may be when the power goes now.
  void write_image(const fs::path& folder, std::mt19937_64& chance, bool plant) const {
    auto names = names_;
    const auto kept = name_changes_.empty() ? 0 : chance() % (name_changes_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(names, name_changes_[i]);
    for (const auto& [name, inode] : names) {
      if (is_kept_in_memory_only(name)) continue;
      const auto found = files_.find(inode);
      if (found == files_.end()) continue;
      auto content = found->second.durable;
      for (const auto& change : torn(found->second.pending, chance)) apply(content, change);
      if (plant && name.ends_with("-wal") && content.size() > 8192) content.resize(content.size() - 8192);
      const auto path = folder / name;
      std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
      fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    }
  }
  [[nodiscard]] bool unsynced() const {
    return !name_changes_.empty() ||
           std::ranges::any_of(files_, [](const auto& f) { return !f.second.pending.empty(); });
  }

 private:
  void opened(const Traced& record, const std::string& name) {
    if (is_kept_in_memory_only(name)) return;
    const auto known = seen_.find(name);
    if (known == seen_.end() || known->second != record.inode) {
      const bool was_there = known == seen_.end() && fs::exists(base_ / name) && !lives_.contains(record.inode);
      // The number of a file that is gone is given again: it is another file, and the old one may come back.
      const auto life = lives_[record.inode] = ++lives_made_;
      if (was_there) {
        files_[life].durable = read_all(base_ / name);
        names_[name] = life;
      } else {
        files_[life] = {};
        name_changes_.push_back({NameChange::Kind::bound, name, "", life});
      }
      seen_[name] = record.inode;
    }
    if (record.offset == 1) file_of(record).pending.push_back({true, 0, {}});
  }
  File& file_of(const Traced& record) { return files_[lives_[record.inode]]; }

  static void flush(File& file) {
    for (const auto& change : file.pending) apply(file.durable, change);
    file.pending.clear();
  }

  // Blocks of what was not flushed: some are lost, and the order need not be that of the writes.
  static std::vector<Change> torn(const std::vector<Change>& pending, std::mt19937_64& chance) {
    const std::uint64_t block = chance() % 2 == 0 ? 512 : 4096;
    const auto manner = chance() % 4;  // all in order but the last few; each block by chance; whole writes; reordered
    const auto all_of = pending.empty() ? 0 : chance() % (pending.size() + 1);
    const auto kept_of_ten = chance() % 11;
    std::vector<Change> out;
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const auto& change = pending[i];
      if (manner == 0 && i >= all_of) break;
      if (change.truncates || manner == 2) {
        if (manner == 0 || chance() % 10 < kept_of_ten) out.push_back(change);
        continue;
      }
      for (std::uint64_t from = 0; from < change.data.size();) {
        const auto until =
            std::min<std::uint64_t>((change.at + from) / block * block + block - change.at, change.data.size());
        const bool last = manner == 0 && i + 1 == all_of;  // the write under way is torn
        if ((manner == 0 && !last) || chance() % 10 < kept_of_ten)
          out.push_back({false, change.at + from, change.data.substr(from, until - from)});
        from = until;
      }
    }
    if (manner == 3) std::ranges::shuffle(out, chance);
    return out;
  }

  fs::path base_;
  std::map<std::uint64_t, File> files_;  // by life
  std::map<std::uint64_t, std::uint64_t> lives_;  // of inodes
  std::uint64_t lives_made_ = 0;
  std::map<std::string, std::uint64_t> names_;  // what is flushed: lives
  std::map<std::string, std::uint64_t> seen_;  // what processes see: inodes
  std::vector<NameChange> name_changes_;
};

struct Told {
  std::size_t trace_bytes = 0;
  std::uint64_t entries = 0;
};

struct Recorded {
  std::string trace;
  std::vector<Traced> records;
  std::vector<Told> told;
  std::vector<std::string> entries;
  std::string origin;
  SecretBytes seed;
};

[[noreturn]] void give_up(std::string_view what) {
  std::fprintf(stderr, "power_cut: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

template <typename T>
T must(Result<T> result, std::string_view doing) {
  if (!result) give_up(concat(doing, ": ", result.error().what));
  return std::move(*result);
}

Recorded read_recorded(const fs::path& folder) {
  Recorded out;
  out.trace = read_all(folder / "trace");
  for (std::size_t at = 0; at + sizeof(RecordHead) <= out.trace.size();) {
    RecordHead head;
    std::memcpy(&head, out.trace.data() + at, sizeof head);
    at += sizeof head;
    const auto data = std::string_view(out.trace).substr(at, head.length);
    at += head.length;
    out.records.push_back({head.kind, head.inode, head.offset, data, at});
  }
  std::ifstream told(folder / "durable");
  for (Told line; told >> line.trace_bytes >> line.entries;) out.told.push_back(line);
  const auto config = must(read_daemon_config(folder / "site" / "sallyportd.yaml"), "the configuration");
  out.origin = config.origin;
  out.seed = must(read_key_file(config.ledger_key_file), "the ledger's key");
  const auto final = must(SqliteEventReader::open(folder / "site" / "ledger.sqlite"), "the ledger");
  for (;;) {
    const auto more = must(final->read_entries(out.entries.size(), 1000), "the ledger");
    for (const auto& entry : more) out.entries.push_back(entry.bytes);
    if (more.size() < 1000) return out;
  }
}

// Of the image's ledger and directory together.
std::optional<std::string> deeds_differ(const std::vector<StoredEntry>& entries,
                                        const std::vector<std::string>& frames) {
  std::set<std::string> intended, done, written;
  std::map<std::string, std::string> marker_of;
  for (const auto& stored : entries) {
    const auto entry = decode_entry(stored.bytes);
    if (!entry) return concat("entry ", stored.index, " cannot be read: ", entry.error().what);
    const auto* event = std::get_if<CaseEvent>(&entry->event);
    if (event == nullptr) continue;
    if (const auto* intent = std::get_if<IntentRecorded>(event)) {
      intended.insert(intent->marker_to);
      marker_of[intent->execution.text()] = intent->marker_to;
    }
    if (const auto* outcome = std::get_if<OutcomeRecorded>(event); outcome && outcome->outcome == Outcome::done)
      done.insert(marker_of[outcome->execution.text()]);
  }
  constexpr std::string_view word = R"("marker":")";
  for (const auto& frame : frames)
    for (auto at = frame.find(word); at != frame.npos; at = frame.find(word, at + 1)) {
      const auto from = at + word.size();
      written.insert(frame.substr(from, frame.find('"', from) - from));
    }
  for (const auto& marker : written)
    if (!marker.empty() && marker.front() != 'f' && !intended.contains(marker))
      return concat("`", marker, "` stands in the directory, and no intent of it in the ledger");
  for (const auto& marker : done)
    if (!written.contains(marker)) return concat("`", marker, "` is said to be done, and the directory has lost it");
  return std::nullopt;
}

// What is wrong with the image; nothing, if it is as it must be.
std::optional<std::string> judge(const Recorded& recorded, const fs::path& image, std::uint64_t told,
                                 const fs::path& keep, bool leave) {
  const auto path = image / "ledger.sqlite";
  bool broke = false;
  const auto open = [&] {
    return SqliteEventStore::open(
        {path, recorded.origin, SecretBytes::copy_of(recorded.seed.reveal()), [&](const Fault&) { broke = true; }});
  };
  std::vector<StoredEntry> entries;
  {
    auto store = open();
    if (!store) return concat("the store does not open: ", store.error().what);
    for (;;) {
      auto more = (*store)->read_entries(entries.size(), 1000);
      if (!more) return concat("the store cannot be read: ", more.error().what);
      const bool last = more->size() < 1000;
      std::ranges::move(*more, std::back_inserter(entries));
      if (last) break;
    }
    if (entries.size() < told) return concat(told, " entries were told of, ", entries.size(), " are there");
    if (entries.size() > recorded.entries.size()) return "there are more entries than there ever were";
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].bytes != recorded.entries[i]) return concat("entry ", i, " is another one");
    const auto size = node_source_of(**store);
    if (!keep.empty()) {
      std::ofstream out(keep, std::ios::binary);
      const auto exported = export_ledger_file(**store, store->get(), [&](ByteView bytes) -> Result<void> {
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return {};
      });
      if (!exported) return concat("it cannot be exported: ", exported.error().what);
    }
    if (!leave) {
      std::promise<Result<Appended>> answered;
      (*store)->append({"power/cut", 0, {"{}"}, {}, {}},
                       [&](Result<Appended> done) { answered.set_value(std::move(done)); });
      const auto done = answered.get_future().get();
      if (!done) return concat("it cannot be written: ", done.error().what);
      if (done->first_index != entries.size()) return "it was written at the wrong place";
    }
  }
  if (broke) return "the store broke";
  if (auto again = open(); !again) return concat("it does not open a second time: ", again.error().what);

  auto frames = FrameLog::open(image / "directory.sallyport");
  if (!frames) return concat("the directory does not open: ", frames.error().what);
  if (auto wrong = deeds_differ(entries, frames->payloads)) return wrong;
  const SystemClock clock;
  for (const auto& file : fs::directory_iterator(image)) {
    if (!file.path().string().ends_with(clock_file_suffix)) continue;
    const auto kept = ClockKeeper::open(clock, {"power_cut", file.path(), "", Instant{}});
    if (!kept) return concat("a process does not start: ", kept.error().what);
  }
  return std::nullopt;
}

int run(const fs::path& folder, std::size_t images, std::uint64_t seed, const fs::path& keep, const fs::path& image,
        bool plant) {
  const auto recorded = read_recorded(folder);
  if (recorded.records.empty() || recorded.told.empty()) give_up("nothing was recorded");
  std::mt19937_64 chance(seed);
  std::vector<std::size_t> cuts(images);
  for (auto& cut : cuts) cut = 1 + chance() % recorded.records.size();
  std::ranges::sort(cuts);
  Disk disk(folder / "base");
  std::size_t taken = 0, told_at = 0, number = 0, unsynced = 0, wrong = 0;
  std::uint64_t told = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const auto cut : cuts) {
    while (taken < cut) disk.take(recorded.records[taken++]);
    const auto bytes = recorded.records[cut - 1].end;
    while (told_at < recorded.told.size() && recorded.told[told_at].trace_bytes <= bytes)
      told = std::max(told, recorded.told[told_at++].entries);
    fs::remove_all(image);
    fs::create_directories(image);
    disk.write_image(image, chance, plant);
    unsynced += disk.unsynced() ? 1 : 0;
    ++number;
    if (!fs::exists(image / "ledger.sqlite") || !fs::exists(image / "directory.sallyport")) {
      if (told == 0) continue;  // the processes had not opened them yet
      give_up("a file is not in the trace");
    }
    const auto kept = !keep.empty() && number % 50 == 0 ? keep / concat(number, ".sallyport") : fs::path();
    if (const auto what = judge(recorded, image, told, kept, number == images)) {
      std::printf("image %zu (seed %llu, cut %zu of %zu): %s\n", number, static_cast<unsigned long long>(seed), cut,
                  recorded.records.size(), what->c_str());
      if (++wrong == 20) break;
    }
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%zu images of %zu records in %.1f s, seed %llu; %zu with something unflushed; %zu wrong\n", number,
              recorded.records.size(), seconds, static_cast<unsigned long long>(seed), unsynced, wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  std::size_t images = 2000;
  std::uint64_t seed = 1;
  std::string folder, keep, in;
  bool plant = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--images" && more) images = std::stoul(argv[++i]);
    else if (word == "--seed" && more) seed = std::stoull(argv[++i]);
    else if (word == "--keep" && more) keep = argv[++i];
    else if (word == "--in" && more) in = argv[++i];
    else if (word == "--plant") plant = true;
    else if (folder.empty()) folder = word;
    else return 2;
  }
  if (folder.empty()) return 2;
  return sallyport::run(folder, images, seed, keep, in.empty() ? folder + "/image" : in, plant);
}
