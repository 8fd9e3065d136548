// The two server programs, put together. Reading these two functions shows the whole product.
#pragma once

#include <string>

namespace sallyport {

// Both read their configuration, run until SIGINT or SIGTERM, and give the exit status.
int run_daemon(const std::string& config_path);    // sallyportd: faces the network, holds no directory credential
int run_executor(const std::string& config_path);  // sallyport-exec: holds the credentials, local socket only

}  // namespace sallyport
