#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include "base/text.h"
#include "cli/audit_commands.h"
#include "cli/demo_process.h"
#include "cli/files.h"
#include "core/ledger/log_monitor.h"
#include "core/ledger/tiles.h"
#include "shell/wiring/system.h"

namespace sallyport::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::unexpected<Problem> odd(std::string what) {
  return std::unexpected(Problem(Fault{FaultKind::unavailable, std::move(what), "look at the server"}));
}

std::vector<std::string_view> cut_bundle(std::string_view bundle) {
  std::vector<std::string_view> out;
  while (bundle.size() >= 2) {
    const auto length = std::size_t{static_cast<std::uint8_t>(bundle[0])} << 8 | static_cast<std::uint8_t>(bundle[1]);
    if (bundle.size() - 2 < length) return {};
    out.push_back(bundle.substr(2, length));
    bundle.remove_prefix(2 + length);
  }
  return bundle.empty() ? out : std::vector<std::string_view>();
}

class Monitoring {
 public:
  Monitoring(const GlobalOptions& global, Terminal& terminal, const MonitorOptions& options, LogMonitor monitor)
      : global_(global), terminal_(terminal), options_(options), monitor_(std::move(monitor)) {}

  // Whether an alarm was raised. A fault is the monitor's own: it can no longer keep what it saw.
  Answer<bool> round() {
    alarmed_ = false;
    const auto before = encoded();
    bool whole = true;
    if (const auto read = look(); !read) {
      whole = false;
      const auto away = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - read_at_).count();
      if (std::cmp_greater_equal(away, options_.unreachable_after_s))
        raise(
            {LogAlarmKind::unreachable, monitor_.next_leaf(), concat("the log cannot be read: ", read.error().detail)});
    } else {
      read_at_ = Clock::now();
      whole = !alarmed_;
    }
    look_for_growth();
    if (const auto after = encoded(); after != before)
      SP_CHECK(write_private_file(options_.state, after, IfExists::replace));
    if (whole && !alarmed_) told_.clear();
    return alarmed_;
  }

 private:
  std::string encoded() const { return monitor_.memory() ? encode_log_memory(*monitor_.memory()) : std::string(); }

  Answer<Api> server() const { return options_.hashes_only ? connect(global_) : connect_staff(global_); }

  // What a round reads; alarms are raised on the way. A fault: it could not be read.
  Answer<void> look() {
    SP_TRY(auto api, server());  // anew: the session may be another than in the round before
    SP_TRY(const auto note, api.get_text("/log/checkpoint"));
    const auto size = monitor_.see(note);
    if (!size) {
      raise(size.error());
      return {};
    }
    std::vector<Digest> leaves;
    SP_CHECK(read_leaves(api, *size, leaves));
    if (const auto alarm = monitor_.grow(note, leaves, SystemClock().now())) {
      raise(*alarm);
      return {};
    }
    return options_.hashes_only ? Answer<void>() : read_entries(api);
  }

  static TilePlace tile_at(std::uint64_t leaf, std::uint64_t size, bool entries) {
    const auto number = leaf / tile_width_max;
    return {entries, 0, number, tile_width_at(0, number, size)};
  }

  Answer<void> read_leaves(Api& api, std::uint64_t size, std::vector<Digest>& leaves) {
    for (auto at = monitor_.next_leaf(); at < size;) {
      const auto place = tile_at(at, size, false);
      SP_TRY(const auto tile, api.get_text(concat("/log/", tile_path(place))));
      if (tile.size() != place.width * sizeof(Digest::bytes)) return odd("a tile has another length than it should");
      for (auto i = at % tile_width_max; i < place.width; ++i, ++at) {
        Digest leaf;
        std::ranges::copy(view_of(tile).subspan(i * leaf.bytes.size(), leaf.bytes.size()), leaf.bytes.begin());
        leaves.push_back(leaf);
      }
    }
    return {};
  }

  Answer<void> read_entries(Api& api) {
    const auto size = monitor_.next_leaf();
    while (monitor_.next_entry() < size) {
      const auto place = tile_at(monitor_.next_entry(), size, true);
      SP_TRY(const auto bundle, api.get_text(concat("/log/", tile_path(place))));
      const auto entries = cut_bundle(bundle);
      if (entries.size() != place.width) return odd("a tile of entries has another number of them than it should");
      for (auto i = monitor_.next_entry() % tile_width_max; i < place.width; ++i) {
        const auto index = monitor_.next_entry();
        for (const auto& alarm : monitor_.take(entries[i])) raise(alarm);
        if (monitor_.next_entry() == index) return {};  // it is not the entry that was signed
      }
    }
    return {};
  }

  void look_for_growth() {
    if (options_.still_after_s == 0 || !monitor_.memory()) return;
    const auto grown_at = monitor_.memory()->grown_at;
    if (SystemClock().now() - grown_at >= seconds(static_cast<std::int64_t>(options_.still_after_s)))
      raise({LogAlarmKind::still, monitor_.memory()->frontier.size(),
             concat("the log stands still: nothing was added since ", to_rfc3339(grown_at))});
  }

  // Once, as long as it lasts.
  void raise(const LogAlarm& alarm) {
    alarmed_ = true;
    const auto kind = to_string(alarm.kind);
    if (!told_.insert(concat(kind, " ", alarm.text)).second) return;
    terminal_.document(Json::object({{"alarm", kind},
                                     {"at", to_rfc3339(SystemClock().now())},
                                     {"entry", Json(alarm.entry)},
                                     {"text", alarm.text}}));
    if (std::fflush(stdout) != 0) terminal_.note("what is said cannot be written");  // a pipe would wait for more of it
    terminal_.note(concat("ALARM ", kind, ": ", alarm.text));
    if (options_.command.empty()) return;
    const auto ran = run_to_end({options_.command, std::string(kind), alarm.text});
    if (!ran || ran->status != 0)
      terminal_.remark(concat("`", options_.command, "` did not take the alarm"), "see that it runs by itself");
  }

  const GlobalOptions& global_;
  Terminal& terminal_;
  const MonitorOptions& options_;
  LogMonitor monitor_;
  Clock::time_point read_at_ = Clock::now();
  std::set<std::string> told_;
  bool alarmed_ = false;
};

}  // namespace

Answer<void> command_audit_monitor(const GlobalOptions& global, Terminal& terminal, const MonitorOptions& options) {
  SP_TRY(const auto key, parse_verifier_key(options.key));
  std::optional<LogMemory> memory;
  const auto kept = read_file(options.state);
  if (!kept && kept.error().kind != FaultKind::not_found) return std::unexpected(Problem(kept.error()));
  if (kept) {
    SP_TRY(memory, parse_log_memory(*kept, key));
  }
  Monitoring monitoring(global, terminal, options, LogMonitor(key, std::move(memory), !options.hashes_only));
  for (;;) {
    SP_TRY(const bool alarmed, monitoring.round());
    if (alarmed && (options.once || options.stop_at_alarm))
      return std::unexpected(
          Problem(Fault{FaultKind::corrupt, "an alarm was raised", "see above; keep the state file"}));
    if (options.once) return {};
    std::this_thread::sleep_for(std::chrono::seconds(options.every_s));
  }
}

}  // namespace sallyport::cli
