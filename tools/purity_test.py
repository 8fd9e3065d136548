"""tools/purity.py: what a core may call, the nearest thing it may not, and real objects of both kinds."""
import subprocess

import pytest

from purity import banned, findings


@pytest.mark.parametrize("symbol, is_banned", [
    ("operator new(unsigned long)", False),
    ("std::__throw_out_of_range(char const*)", False),
    ("__cxa_throw", False),
    ("memcpy", False),
    ("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::append(char const*)", False),
    ("sallyport::sha256(std::span<unsigned char const, 18446744073709551615ul>)", False),
    ("sallyport::timeline(int)", False),
    ("std::chrono::_V2::system_clock::now()", True),
    ("std::chrono::_V2::steady_clock::now()", True),
    ("time", True),
    ("getrandom@GLIBC_2.25", True),
    ("std::random_device::_M_getval()", True),
    ("sallyport::random_bytes(unsigned long)", True),
    ("fopen", True),
    ("std::filesystem::status(std::filesystem::__cxx11::path const&)", True),
    ("socket", True),
    ("pthread_mutex_lock", True),
    ("std::locale::locale()", True),
    ("tolower", True),
    ("getenv", True),
    ("std::cout", True),
    ("VTT for std::__cxx11::basic_ostringstream<char, std::char_traits<char>, std::allocator<char> >", True),
    ("std::ostream::flush()", True),
    ("__printf_chk", True),
])
def test_symbols(symbol, is_banned):
    assert bool(banned(symbol)) == is_banned


def compile_and_check(tmp_path, text):
    (tmp_path / "x.cc").write_text(text)
    subprocess.run(["g++", "-std=c++23", "-O2", "-fPIC", "-c", "x.cc", "-o", "x.o"], cwd=tmp_path, check=True)
    subprocess.run(["ar", "rcs", "x.a", "x.o"], cwd=tmp_path, check=True)
    return list(findings(subprocess.run(["nm", "-A", "-C", "-f", "sysv", "x.a"], cwd=tmp_path, check=True,
                                        capture_output=True, text=True).stdout))


def test_a_calculation_is_pure(tmp_path):
    assert compile_and_check(tmp_path, """
#include <map>
#include <string>
#include <string_view>
constexpr std::string_view names[] = {"a", "b"};
struct Base { virtual ~Base() = default; virtual int f() const { return 1; } };
std::string join(const std::map<int, std::string>& parts) {
  std::string out(names[parts.size() % 2]);
  for (const auto& [key, value] : parts) out += std::to_string(key) + value;
  return out;
}
int g(const Base& b) { return b.f(); }
Base made() { return {}; }
""") == []


@pytest.mark.parametrize("text, word", [
    ("#include <chrono>\nlong f() { return std::chrono::system_clock::now().time_since_epoch().count(); }", "a clock"),
    ("#include <iostream>\nvoid f() { std::cout << 1; }", "a stream"),
    ("#include <sstream>\nauto f() { std::ostringstream s; s << 1; return s.str(); }", "a stream"),
    ("#include <fstream>\nvoid f() { std::ifstream s(\"x\"); }", "a file"),
    ("#include <random>\nauto f() { return std::random_device{}(); }", "entropy"),
    ("#include <cstdlib>\nauto f() { return std::getenv(\"X\"); }", "the environment"),
    ("int counter = 0;\nint f() { return ++counter; }", "a writable global"),
    ("int f() { static int counter = 3; return ++counter; }", "a writable global"),
])
def test_an_impure_object_is_named_with_its_symbol(tmp_path, text, word):
    found = compile_and_check(tmp_path, text + "\n")
    assert any(word in message and message.startswith("x.o ") for message in found), found
