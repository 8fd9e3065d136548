// Everything the demo's story plays with: a folder, a directory, a mail server that keeps the mail, a
// running site, and people with passkeys. Made once, in order, and taken down by its destructor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/api.h"
#include "cli/demo.h"
#include "cli/demo_directory.h"
#include "cli/demo_process.h"
#include "cli/passkey_file.h"
#include "shell/notify/smtp_sink.h"
#include "shell/wiring/system.h"

namespace sallyport::cli {

// One member of staff at their own desk.
struct Staff {
  SoftwarePasskey passkey;
  Api api;
};

// What an account holder took home when they enrolled.
struct Drawer {
  SecretBytes totp_seed;
  std::vector<SecretBytes> recovery_codes;
};

class DemoWorld {
 public:
  [[nodiscard]] static Answer<std::unique_ptr<DemoWorld>> make(const DemoOptions& options,
                                                               Interruptions& interruptions);
  ~DemoWorld();
  DemoWorld(const DemoWorld&) = delete;
  DemoWorld& operator=(const DemoWorld&) = delete;

  [[nodiscard]] Answer<void> start_site();    // init, up, and wait until it answers
  [[nodiscard]] Answer<void> appoint_staff();  // root appoints una, uwe, tom, ada and rea
  [[nodiscard]] Answer<void> activate_policy();  // rea proposes it, una and uwe approve
  [[nodiscard]] Answer<Drawer> enrol_holder(const std::string& login);  // invitation, mail, code
  [[nodiscard]] Answer<Api> nobody() const { return Api::connect(server_, ca_); }
  void keep_folder() { remove_folder_ = false; }

  Staff& root() { return *root_; }
  Staff& tom() { return *tom_; }
  Staff& ada() { return *ada_; }
  Staff& rea() { return *rea_; }
  DemoDirectory& directory() { return *directory_; }
  SystemEntropy& entropy() { return entropy_; }
  SmtpSink& mail() { return *mail_; }
  ChildProcess* site() { return site_ ? &*site_ : nullptr; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::string& programs() const { return programs_; }
  [[nodiscard]] const std::string& server() const { return server_; }
  [[nodiscard]] const std::string& ca() const { return ca_; }
  [[nodiscard]] const std::string& policy_text() const { return policy_; }
  [[nodiscard]] std::string person_file(std::string_view name) const;

 private:
  explicit DemoWorld(Interruptions& interruptions) : interruptions_(interruptions) {}
  [[nodiscard]] Result<void> choose_folder(const std::string& wanted);
  [[nodiscard]] Result<std::string> find_policy(const std::string& wanted) const;
  [[nodiscard]] Answer<SoftwarePasskey> make_passkey(const std::string& name);
  [[nodiscard]] Answer<void> wait_until_healthy();
  [[nodiscard]] Answer<Staff> at_desk(SoftwarePasskey passkey);
  struct Appointment;
  [[nodiscard]] Answer<Staff> appoint(const Appointment& appointment);

  Interruptions& interruptions_;
  SystemEntropy entropy_;
  SystemClock clock_;
  std::string folder_, site_folder_, programs_, server_, origin_, listen_, ca_, policy_;
  bool remove_folder_ = false;
  std::unique_ptr<SmtpSink> mail_;
  std::unique_ptr<DemoDirectory> directory_;
  std::optional<ChildProcess> site_;
  std::optional<Staff> root_, una_, uwe_, tom_, ada_, rea_;
};

}  // namespace sallyport::cli
