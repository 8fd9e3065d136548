"""Single-line weakenings of the policies in examples/policies: each must make `policy check` or `policy prove` say no,
with a story that names the line. (policy, as it stands, weakened); the line is the first that differs.
"""

WEAKENINGS = [
    (
        "regulated-enterprise",
        "rebind:   {signals: 2, approvers: [{at_least: 1, role: desk_lead}, {at_least: 1, outside: help_desk}],",
        "rebind:   {signals: 2, approvers: [{at_least: 1, role: desk_lead}],",
    ),
    (
        "regulated-enterprise",
        "rebind:   {signals: 2, approvers: [{at_least: 1, role: desk_lead}, {at_least: 1, outside: help_desk}],",
        "rebind:   {signals: 2, approvers: [{at_least: 1, outside: help_desk}],",
    ),
    (
        "regulated-enterprise",
        "vault:    {signals: 2, include: [on_site], approvers: [{at_least: 2, role: tier0_approver},",
        "vault:    {signals: 2, include: [on_site], approvers: [{at_least: 1, role: tier0_approver},",
    ),
    (
        "regulated-enterprise",
        "vault:    {signals: 2, include: [on_site],",
        "vault:    {signals: 2,",
    ),
    (
        "regulated-enterprise",
        "'Backup Operators' in account.groups\", floor: vault}",
        "'Backup Operators' in account.groups\", floor: light}",
    ),
    (
        "regulated-enterprise",
        "'Backup Operators' in account.groups\", floor: vault}",
        "'Backup Operators' in account.groups\", floor: guarded}",
    ),
    (
        "regulated-enterprise",
        "'Backup Operators' in account.groups\", floor: vault}",
        "'Backup Operators' in account.groups\"}",
    ),
    (
        "regulated-enterprise",
        "'Domain Admins' in account.groups || 'Backup",
        "'Domain Admins' in account.groups && 'Backup",
    ),
    (
        "regulated-enterprise",
        "account.admin || account.executive || 'Finance'",
        "account.admin && account.executive || 'Finance'",
    ),
    (
        "regulated-enterprise",
        "|| 'Finance' in account.groups || 'HR' in account.groups",
        "|| 'HR' in account.groups",
    ),
    (
        "regulated-enterprise",
        "account.employment != 'employee'\", floor",
        "account.employment == 'employee'\", floor",
    ),
    (
        "regulated-enterprise",
        "mfa_reset: rebind",
        "mfa_reset: light",
    ),
    (
        "regulated-enterprise",
        "mfa_reset: rebind",
        "mfa_reset: standard",
    ),
    (
        "regulated-enterprise",
        "workforce:  [[passkey]]",
        "workforce:  [[passkey], [password]]",
    ),
    (
        "regulated-enterprise",
        "privileged: [[passkey]]",
        "privileged: [[password, totp]]",
    ),
    (
        "regulated-enterprise",
        "tier0:      [[security_key]]",
        "tier0:      [[security_key], [password, sms_code]]",
    ),
    (
        "small-company",
        "vault:    {signals: 2, approvers: [{at_least: 2, role: tier0_approver}, {at_least: 1, outside: help_desk}],",
        "vault:    {signals: 2, approvers: [{at_least: 1, role: tier0_approver}, {at_least: 1, outside: help_desk}],",
    ),
    (
        "small-company",
        "    floor: vault",
        "    floor: light",
    ),
    (
        "small-company",
        "    floor: vault",
        "    floor: guarded",
    ),
    (
        "small-company",
        "mfa_reset: guarded",
        "mfa_reset: light",
    ),
    (
        "small-company",
        "tier0:      [[security_key]]",
        "tier0:      [[security_key], [password, totp]]",
    ),
    (
        "small-company",
        "'Domain Admins' in account.groups ||",
        "'Domain Guests' in account.groups ||",
    ),
    (
        "managed-service-provider",
        "{at_least: 1, role: client_approver, from: account.organization}],\n             hold",
        "{at_least: 1, role: desk_lead}],\n             hold",
    ),
    (
        "managed-service-provider",
        "vault:    {signals: 2, strong: 1, approvers: [{at_least: 2, role: "
        "client_approver, from: account.organization},",
        "vault:    {signals: 2, strong: 1, approvers: [{at_least: 1, role: "
        "client_approver, from: account.organization},",
    ),
    (
        "managed-service-provider",
        "vault:    {signals: 2, strong: 1,",
        "vault:    {signals: 2,",
    ),
    (
        "managed-service-provider",
        "{name: client_admin, when: \"account.admin\", floor: vault}",
        "{name: client_admin, when: \"account.admin\", floor: guarded}",
    ),
    (
        "managed-service-provider",
        "when: \"account.admin\"",
        "when: \"account.admin && account.executive\"",
    ),
    (
        "managed-service-provider",
        "'provider'\", floor: vault}",
        "'provider'\", floor: guarded}",
    ),
    (
        "managed-service-provider",
        "'provider'\", floor: vault}",
        "'provider'\"}",
    ),
    (
        "managed-service-provider",
        "standard: {signals: 2,",
        "standard: {signals: 1,",
    ),
    (
        "managed-service-provider",
        "mfa_reset: guarded",
        "mfa_reset: light",
    ),
    (
        "managed-service-provider",
        "executive:    [[passkey]]",
        "executive:    [[passkey], [password, totp]]",
    ),
]
