// The page in front of a bundle: who asked for what, by which policy, what happened, how it ended, what the file shows
// and what it cannot, and how to check it. It tells what the entries tell and nothing else, so whoever checks a bundle
// makes it again and holds the two against each other: nobody can put another story in front of the same entries.
//
// Its words belong to the format `sallyport-bundle/1`. Other words make every bundle there is one whose page was
// changed: they need another first line.
//
// Nothing stands in it that is not in the ledger: persons by their ids, no name, no address, no secret.
// Pure.
#pragma once

#include <span>
#include <string>

#include "core/ledger/bundle.h"

namespace sallyport {

// Entries that cannot be read are left out: the audit names them.
[[nodiscard]] std::string cover_of(const CaseId& id, const Checkpoint& checkpoint,
                                   std::span<const BundleEntry> entries);

}  // namespace sallyport
