#include "shell/wiring/clock_keeper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/record.h"
#include "base/text.h"
#include "shell/config/config.h"
#include "shell/wiring/process.h"

namespace sallyport {
namespace {

constexpr const char* boot_id_file = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t kept_bytes_max = 1024;

struct Kept {
  std::string boot;
  Instant wall;
  Duration elapsed;
  static constexpr auto fields() {
    return record_fields("boot", &Kept::boot, "wall", &Kept::wall, "elapsed", &Kept::elapsed);
  }
};

Result<std::string> this_boot() {
  SP_TRY(auto id, read_text_file(boot_id_file, 128));
  while (id.ends_with('\n')) id.pop_back();
  return id;
}

// Nothing: the file is not there, or is of another start of the machine.
Result<std::optional<ClockReading>> read_kept(const std::string& file, std::string_view boot) {
  if (access(file.c_str(), F_OK) != 0 && errno == ENOENT) return std::nullopt;
  SP_TRY(auto text, read_text_file(file, kept_bytes_max));
  while (text.ends_with('\n')) text.pop_back();
  const auto json = parse_json(text);
  const auto kept = json ? record_from_json<Kept>(*json) : std::unexpected(json.error());
  if (!kept)
    return fault(FaultKind::corrupt, concat("the clock's file ", file, " is damaged: ", kept.error().what),
                 "look at another clock, and start once with --clock-is and what it shows");
  if (kept->boot != boot) return std::nullopt;
  return ClockReading{kept->wall, kept->elapsed};
}

Result<Instant> read_time(const std::string& text) {
  for (const auto* rest : {"", ":00.000Z", ".000Z"}) {
    const auto cut = *rest != '\0' && text.ends_with('Z') ? text.substr(0, text.size() - 1) : text;
    if (const auto at = instant_from_rfc3339(concat(cut, rest))) return *at;
  }
  return fault(FaultKind::invalid, concat("--clock-is `", text, "` is no time"), "write 2026-11-27T09:30Z, in UTC");
}

Result<void> compare(Instant shown, const std::string& clock_is) {
  SP_TRY(const auto said, read_time(clock_is));
  const auto off = shown > said ? shown - said : said - shown;
  if (off <= clock_is_within) return {};
  return fault(FaultKind::invalid, concat("the clock shows ", to_rfc3339(shown), ", and --clock-is says ", clock_is),
               "set the machine's clock right, or look at another clock again");
}

}  // namespace

ClockKeeper::ClockKeeper(const Clock& clock, std::optional<ClockReading> believed, Options options, std::string boot)
    : clock_(clock, believed, options.ledger),
      program_(options.program),
      file_(std::move(options.file)),
      boot_(std::move(boot)) {}

Result<std::unique_ptr<ClockKeeper>> ClockKeeper::open(const Clock& clock, Options options) {
  SP_TRY(auto boot, this_boot());
  std::optional<ClockReading> believed;
  if (options.clock_is.empty()) {
    SP_TRY(believed, read_kept(options.file, boot));
  } else {
    SP_CHECK(compare(clock.now(), options.clock_is));
    log_line(options.program, concat("the clock is believed, for --clock-is says ", options.clock_is));
  }
  std::unique_ptr<ClockKeeper> keeper(new ClockKeeper(clock, believed, std::move(options), std::move(boot)));
  keeper->look();
  SP_CHECK(keeper->keep());  // what cannot be kept now would not be kept later
  return keeper;
}

void ClockKeeper::look() {
  const auto told = clock_.tell();
  const std::lock_guard lock(mutex_);
  if (told.believed() != believed_)
    log_line(program_, told.believed() ? std::string("the clock is believed again")
                                       : concat("the clock is not believed: ", clock_not_believed(told).detail,
                                                "; next: ", clock_not_believed(told).next_step));
  believed_ = told.believed();
  const auto kept = keep();
  if (kept.has_value() != could_keep_)
    log_line(program_, kept ? std::string("the clock's file is written again")
                            : concat("the clock's file is not written: ", kept.error().what));
  could_keep_ = kept.has_value();
}

Result<void> ClockKeeper::keep() {
  const auto believed = clock_.last_believed();
  if (!believed || believed == kept_) return {};
  const auto text = to_text(record_to_json(Kept{boot_, believed->wall, believed->elapsed})) + "\n";
  const auto made = file_ + ".new";
  const int file = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  // Flushed first: else a power cut may leave the new name with nothing behind it, and no process starts on that.
  const bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fdatasync(file) == 0;
  const bool closed = file >= 0 && ::close(file) == 0;
  if (!written || !closed || std::rename(made.c_str(), file_.c_str()) != 0)
    return fault(FaultKind::unavailable, concat("cannot write ", file_), "check the disk and the rights on its folder");
  kept_ = believed;
  return {};
}

}  // namespace sallyport
