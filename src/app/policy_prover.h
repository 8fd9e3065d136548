// Proves policies for a server. A proposal is proved when its statement is asked for and again when it comes back
// signed, so the last few are kept. One policy is proved at a time, which may take a minute and more; who comes
// meanwhile is told to try again. Thread-safe.
#pragma once

#include <deque>
#include <mutex>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "core/model/denial.h"
#include "core/organization/policy_proposal.h"

namespace sallyport {

class PolicyProver {
 public:
  [[nodiscard]] Result<Ruling<ProvedPolicy>> prove(const std::string& text, const std::string& organization);

 private:
  struct Known {
    Digest texts;
    ProvedPolicy proved;
  };
  std::mutex proving_;
  std::mutex mutex_;
  std::deque<Known> known_;  // the newest first
};

}  // namespace sallyport
