// What --help prints. Kept apart so that the words can be read and improved by themselves.
#pragma once

#include <string_view>

namespace sallyport::audit {

inline constexpr std::string_view version_text = "sallyport-audit 0.1.0\n";

inline constexpr std::string_view help_text =
    R"(sallyport-audit: checks a ledger of Sallyport, offline, with nothing but the file and a key.

  sallyport-audit verify FILE --key VKEY    is this ledger what it claims, and was every act permitted?
                                            FILE may be the bundle of one case
  sallyport-audit show FILE [INDEX]         one entry, or a list of all
  sallyport-audit case FILE CASE_ID         the story of one case
  sallyport-audit witness ...               cosign checkpoints of logs, as a CGI program
  sallyport-audit proof POLICY --certificate FILE    does the policy keep its promises?

A ledger file comes from `sallyport audit export`, a bundle from the same with --case. VKEY is the log's verifier key
("name+id+base64"): get it from somebody you trust, not from whoever gave you the file.

Each command has its own --help. docs/auditing.md tells how an audit goes.
)";

inline constexpr std::string_view verify_help = R"(sallyport-audit verify FILE (--key VKEY | --key-file PATH) [options]

Checks, in one pass:
  1. that every entry hashes to its leaf hash, and the leaves to the root of each signed checkpoint;
  2. that every checkpoint is signed by VKEY, and the last one covers the whole file;
  3. that every decision stands when it is ruled upon again: each change of staff and policy was
     signed by an operator; each approval was signed by someone who could give it; each permit had
     the evidence, the approvals and the waiting that the policy then in force required; each act
     had a permit, and each outcome an act.

FILE may also be a bundle (`sallyport audit export --case`): the same is asked of its one case, and that the page in
front tells what the entries do. What one case alone cannot show is said.

  --key VKEY        the verifier key of the log: name+id+base64
  --key-file PATH   the same, read from a file
  --genesis HEX     leaf hash of entry 0 that you were given by hand. The first entry names the first
                    operator, from whom every other right descends. Without this it is taken on trust.
  --since PATH      a checkpoint that you saw before (`sallyport audit checkpoint`): the ledger must have grown
                    out of it, and a bundle must not be older
  --witnesses PATH  keys of witnesses, one a line: they have to have cosigned the checkpoint of --since
                    (`sallyport audit cosign`), or without --since one in the file (`audit export --cosigned`).
                    A wrong signature of theirs anywhere in the file is found
  --quorum N        so many of them; without this all
  --hashes-only     1 and 2 only: is the file undamaged and signed?
  --threads N       default: one for each core, at most 2
  --json            the report as JSON
  --quiet           print nothing; the exit status tells

Exit status: 0 sound, 1 something was found, 2 wrong use, 3 a file could not be read.

A ledger that was cut back to an older checkpoint is a sound, older ledger: only --since finds that.
)";

inline constexpr std::string_view show_help = R"(sallyport-audit show FILE [INDEX]

Prints entry INDEX as JSON, or a line for each entry: index, time, stream, kind.
Entries are shown whether or not they can be believed: run `sallyport-audit verify` for that.
An entry that does not fit its leaf hash is marked `damaged`, and the exit status is then 1.
)";

inline constexpr std::string_view case_help = R"(sallyport-audit case FILE CASE_ID

Tells one case in the order of its entries: who asked for what, which evidence was given and what of
it counted, who approved, what was permitted, what was done. Each entry is ruled upon again as
`verify` does, and the line says so where the ruling differs; the exit status is then 1.
Whether the file is signed is not checked here: run `sallyport-audit verify` for that.
)";

inline constexpr std::string_view proof_help = R"(sallyport-audit proof POLICY --certificate FILE [--organization FILE]

Checks that every guarantee of a policy follows from a certificate that `sallyport policy prove --certificate` wrote.
The policy is compiled anew, and the certificate's sets are held against the compiled model by code that shares
nothing with the prover: no way in is missing from them, each of them is a way in, and the guarantees follow.

  --organization FILE   whom it was proved for; without it, the organization that is assumed
  --certificate FILE    JSON, at most 32 MiB

Exit status: 0 every guarantee follows, 1 one does not or the certificate is not of this policy, 2 wrong use,
3 a file could not be read or is no policy.
)";

inline constexpr std::string_view witness_help =
    R"(sallyport-audit witness --state FOLDER --key-file FILE --name NAME --logs FILE

Answers one add-checkpoint request (C2SP tlog-witness): the request on standard input, the answer on standard output,
as a CGI program does (RFC 3875). Run it from a web server under PREFIX/add-checkpoint, on a machine and by a person who
is not the log's.

  --state FOLDER    what was cosigned last, a file for each log. Losing it is losing what the witness is for.
  --key-file FILE   32 random bytes, readable by the witness alone: `head -c 32 /dev/urandom > FILE`
  --name NAME       of the witness, as it signs: witness.example.org/w1
  --logs FILE       the verifier keys of the logs it knows, one a line
  --show-key        print the witness's own verifier key, and do nothing else

A checkpoint is cosigned only when it has grown out of the one remembered, and is on the disk before the answer is
given. Answers: 200 and a signature line; 400, 403 (signature), 404 (unknown log), 409 and the size that is remembered,
422 (proof); 500 when it cannot be remembered.
)";

}  // namespace sallyport::audit
