#!/usr/bin/python3
"""Checks that the core is a calculation: its object files call no clock, file, socket, thread, ...

    tools/purity.py [BUILD]          BUILD is the build folder, `build` unless told

Reads the symbol tables of libsp_core.a and libsp_base.a with nm, so nothing hides behind a header or
a macro: what is not called is not linked. Also refuses writable globals, by which one decision could
remember another.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ARCHIVES = ["libsp_base.a", "libsp_core.a"]

# What is banned, the symbols (demangled, whole name unless it ends in an open group), the way out.
BANS = [
    ("a clock", r"clock_gettime|gettimeofday|time|clock|localtime\w*|gmtime\w*|mktime|std::chrono::.*::now\(\)",
     "take `Instant now` as an argument"),
    ("entropy", r"getrandom|getentropy|arc4random\w*|s?rand(_r|om)?|RAND_\w+|std::random_device::.*"
                r"|sallyport::\S*([Rr]andom|[Ee]ntropy)\S*\(.*",
     "take the random bytes as an argument; ports/entropy.h is the shell's"),
    ("a file", r"f?open(64|at|at64)?|fopen(64)?|fread|fwrite|fclose|read|write|pread(64)?|pwrite(64)?|close|unlink"
               r"|rename|mkdir|f?stat(64)?|mmap(64)?|std::filesystem::.*|std::basic_i?o?f(stream|ilebuf)<.*",
     "take the bytes as an argument; files are the shell's"),
    ("a socket", r"socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|getaddrinfo"
                 r"|poll|select|epoll_\w+",
     "hand an effect to the shell"),
    ("a thread or a lock", r"pthread_(?!once)\w+|std::thread::.*|std::this_thread::.*|std::mutex::.*"
                           r"|std::condition_variable.*|std::__atomic_futex.*|nanosleep|usleep|sched_\w+"
                           r"|__tls_get_addr",
     "keep values; the shell applies commands one by one"),
    ("the locale", r"setlocale|newlocale|uselocale|localeconv|std::locale::.*|std::(has|use)_facet<.*|__ctype_\w+"
                   r"|to(lower|upper)|is(alpha|alnum|digit|space|upper|lower|punct|print|xdigit|cntrl|graph|blank)"
                   r"|strto(d|f|ld)|ato(f|i|l)|strcoll|strftime|\w*w?printf|__\w*printf_chk",
     "compare bytes yourself, convert with std::from_chars and std::to_chars"),
    ("the environment", r"(secure_)?getenv|setenv|putenv|environ|getpid|getuid|gethostname|sysconf",
     "take it as an argument"),
    ("a process", r"fork|vfork|exec\w+|system|popen|exit|_exit|quick_exit|raise|kill|signal|sigaction",
     "return a fault or a denial; a bug is SALLYPORT_ASSERT"),
    ("a stream", r"puts|putchar|fput[cs]|stdout|stderr|stdin|std::(w?c(out|err|log|in))|std::ios_base.*"
                 r"|(VTT for |vtable for )?std::(__cxx11::)?basic_\w*(stream|streambuf|stringbuf|ios)\b.*"
                 r"|std::[io]?ostream.*|std::istream.*",
     "build text with concat() of base/text.h"),
    ("randomised or shared state", r"OPENSSL_init\w*|CRYPTO_THREAD_\w+", "go through crypto/"),
]
# Seen with g++ 12.2: `inline constexpr std::array x{1, 2};` lands in .data, std::array<int, 2> in .rodata.
DEDUCED = " (g++ 12 leaves a constexpr of deduced type, `std::array x{...}`, writable: write its type out)"

BANS = [(what, re.compile(rf"(?:{pattern})"), fix) for what, pattern, fix in BANS]


def banned(symbol):
    """(what, fix) when an undefined symbol of the core means contact with the world, else None."""
    name = re.sub(r"@.*$", "", symbol)
    for what, pattern, fix in BANS:
        if pattern.fullmatch(name):
            return what, fix
    return None


def parse(listing):
    """Rows (object, symbol, class letter, section) of `nm -A -C -f sysv` output."""
    for line in listing.splitlines():
        cells = line.split("|")
        if len(cells) < 7:
            continue
        where, _, symbol = cells[0].rpartition(".o:")
        # A demangled name may itself hold `|` (operator|): the six columns after it are counted from the end.
        symbol = "|".join([symbol] + cells[1:-6]).strip()
        yield where.rpartition(":")[2] + ".o", symbol, cells[-5].strip(), cells[-1].strip()


def findings(listing):
    seen = set()
    for obj, symbol, letter, section in parse(listing):
        message = None
        if letter == "U":
            hit = banned(symbol)
            if hit:
                message = f"{obj} calls `{symbol}`: {hit[0]}; {hit[1]}"
        elif (section in (".data", ".bss") or re.match(r"\.(data|bss|tdata|tbss)\.(?!rel\.ro)", section)) \
                and not symbol.startswith("guard variable for") and symbol != "DW.ref.__gxx_personality_v0" \
                and not symbol.startswith("."):
            message = f"{obj} keeps `{symbol}` in {section}: a writable global; make it constexpr or pass it in" \
                f"{DEDUCED if re.search(r'[.]data[.]', section) else ''}"
        if message and message not in seen:
            seen.add(message)
            yield message


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=root / "build")
    build = parser.parse_args().build
    errors, objects = [], 0
    for name in ARCHIVES:
        archive = build / "src" / name
        if not archive.is_file():
            errors.append(f"{archive} is not there; build it first: scripts/build")
            continue
        listing = subprocess.run(["nm", "-A", "-C", "-f", "sysv", str(archive)], check=True, capture_output=True,
                                 text=True).stdout
        objects += len({row[0] for row in parse(listing)})
        errors += [f"{name}: {message}" for message in findings(listing)]
    print("\n".join(errors) if errors else f"purity: {objects} object files touch nothing but their arguments")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
