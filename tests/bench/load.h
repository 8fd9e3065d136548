// Users at work: each is one thread with one kept connection, and plays whole cases of password_reset
// one after another, as agent, claimant and approver in turn. Times are microseconds of a steady clock,
// as the client sees them: TLS, JSON and the client's own libcurl are in them.
#pragma once

#include "base/json.h"
#include "site.h"

namespace sallyport::bench {

struct LoadOptions {
  std::size_t users = 1;
  std::chrono::milliseconds warm_up{1'000};  // played and not counted
  std::chrono::milliseconds measured{10'000};
  pid_t slapd = 0;  // 0: none to watch
};

// {"users","window_us","cases","failed","first_failure","entries","cpu_us":{process: us},
//  "calls":{call: {"n","p50_us","p99_us"}},"case":{"requests_us","whole_us"}}
[[nodiscard]] cli::Answer<Json> run_load(const Site& site, std::vector<Account>& accounts, const LoadOptions& options);

// {"rss_kib":{process: KiB}} of the servers as they are now.
[[nodiscard]] Json resident_set(const Site& site);

}  // namespace sallyport::bench
