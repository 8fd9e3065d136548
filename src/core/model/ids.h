// The identifiers of the domain. Each is its own type, so that one cannot stand where another is due.
#pragma once

#include "base/strong.h"

namespace sallyport {

using CaseId = StrongId<struct CaseIdTag>;
using AccountId = StrongId<struct AccountIdTag>;          // stable in the directory: entryUUID, objectGUID
using PersonId = StrongId<struct PersonIdTag>;            // a natural person, whatever accounts they hold
using StaffId = StrongId<struct StaffIdTag>;              // a staff member of Sallyport (agent, approver, ...)
using CredentialId = StrongId<struct CredentialIdTag>;    // digest of a passkey's credential id, as hex
using DirectoryId = StrongId<struct DirectoryIdTag>;      // a configured directory
using OrganizationId = StrongId<struct OrganizationIdTag>;
using TeamId = StrongId<struct TeamIdTag>;
using RoleName = StrongId<struct RoleNameTag>;            // "desk_lead": what approver constraints ask for
using TierName = StrongId<struct TierNameTag>;
using ClassName = StrongId<struct ClassNameTag>;
using SignalName = StrongId<struct SignalNameTag>;
using NoticeName = StrongId<struct NoticeNameTag>;        // a way to tell the holder: "mail", "manager"
using RuleId = StrongId<struct RuleIdTag>;                // of a policy
using ExecutionId = StrongId<struct ExecutionIdTag>;      // one attempt to act; never used twice

}  // namespace sallyport
