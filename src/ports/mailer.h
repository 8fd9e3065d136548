// Sends one mail to one person. Says what happened; keeps nothing.
//
// send() has three outcomes, as everything that leaves the house: accepted by the next server
// (value), certainly not sent (`invalid`, `unavailable`, `rejected`), or `unknown`: the text went out and
// no answer came, so sending again may send it twice. Accepted does not mean read.
// send() blocks until a deadline of the implementation, which is thread-safe. Neither the address
// nor the text appears in a fault.
#pragma once

#include <string>

#include "base/result.h"

namespace sallyport {

struct Mail {
  std::string to;       // one bare address: "ada@example.org"
  std::string subject;  // one line, UTF-8
  std::string text;     // plain text, UTF-8, lines end in \n
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  [[nodiscard]] virtual Result<void> send(const Mail& mail) = 0;
};

}  // namespace sallyport
