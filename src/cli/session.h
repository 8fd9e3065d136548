// Which server, and as whom. `sign-in` writes the context (server, authorities, staff id) and the
// token into the home folder; later commands find them there.
//
//   HOME/sallyport.context.json   {"server","ca","staff"}
//   HOME/staff.token              {"server","token"}, mode 0600
//   HOME/claimant.token           {"server","ca","case","token"}, mode 0600
//
// A token goes only to the server that gave it: with another --server it is refused, not sent.
// Unknown members are faults. No threads.
#pragma once

#include <string>

#include "cli/api.h"
#include "cli/problem.h"

namespace sallyport::cli {

struct GlobalOptions {
  std::string server;      // empty: $SALLYPORT_SERVER, else the context's
  std::string ca_file;     // empty: $SALLYPORT_CA, else the context's (for its server), else the system's
  std::string token_file;  // empty: in the home folder
  std::string home;        // empty: $SALLYPORT_HOME, else ~/.config/sallyport
  bool json = false;
};

struct Context {
  std::string server;
  std::string ca_file;
  std::string staff;
};

[[nodiscard]] Answer<Context> context_of(const GlobalOptions& options);  // what is given and what is kept, joined

[[nodiscard]] Answer<Api> connect(const GlobalOptions& options);        // as nobody
[[nodiscard]] Answer<Api> connect_staff(const GlobalOptions& options);  // with the kept token
struct ClaimantSession {
  Api api;
  std::string case_id;
};
[[nodiscard]] Answer<ClaimantSession> connect_claimant(const GlobalOptions& options);

[[nodiscard]] Result<void> keep_staff_session(const GlobalOptions& options, const Context& context,
                                              const std::string& token);
[[nodiscard]] Result<void> forget_staff_session(const GlobalOptions& options);
[[nodiscard]] Result<void> keep_claimant_session(const GlobalOptions& options, const Context& context,
                                                 const std::string& case_id, const std::string& token);

}  // namespace sallyport::cli
