// What either process still needs once its configuration is read (shell/sandbox/confine.h): its store, its sockets, the
// files that are named, the ports that it serves and calls.
#pragma once

#include "base/result.h"
#include "shell/config/config.h"
#include "shell/sandbox/confine.h"

namespace sallyport {

[[nodiscard]] Confinement confinement_of(const DaemonConfig& config);
[[nodiscard]] Confinement confinement_of(const ExecutorConfig& config);
// The port of a URL, or the usual one of its scheme: smtp, smtps, ldap, ldaps; 0: there is none (ldapi), or it is no
// URL, and whoever uses it will say so.
[[nodiscard]] std::uint16_t tcp_port_of(std::string_view url) noexcept;

// Confines the process and says so in the log, or that the configuration does without. Before the first thread.
template <typename Config>
[[nodiscard]] Result<void> confine_as_configured(std::string_view program, const Config& config);

}  // namespace sallyport
