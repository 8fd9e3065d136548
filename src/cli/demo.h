// `sallyport demo`: a whole site on this machine, one recovery from end to end, three attacks that
// must fail, and an audit that catches one changed byte. It fails, loudly, when any of these does not
// end as told.
//
// The people are made up. Everything lies in one folder; the processes it starts are stopped by the
// ids they were started with.
#pragma once

#include <string>

#include "cli/problem.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct DemoOptions {
  bool embedded = false;  // the directory built into Sallyport, instead of OpenLDAP
  bool slow = false;      // waits for Enter between the steps
  bool exit = false;      // stops everything at the end, instead of leaving the server up
  std::string folder;     // new or empty; empty: a temporary one, removed at the end
  std::string ldap_env;   // settings as tests/servers/openldap.sh prints them
  std::string policy;     // empty: examples/policies/demo.yaml near the program
};

[[nodiscard]] Answer<void> command_demo(Terminal& terminal, const DemoOptions& options);

}  // namespace sallyport::cli
