// Owners for what libcrypto allocates, for the sources of crypto/ only: nothing outside this folder
// includes it. Each owner frees exactly once; a null owner means the allocation or the parse failed.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <memory>

namespace sallyport {

template <auto Free>
struct OpensslFree {
  template <typename T>
  void operator()(T* pointer) const noexcept {
    Free(pointer);
  }
};

template <typename T, auto Free>
using OpensslOwned = std::unique_ptr<T, OpensslFree<Free>>;

using OwnedPkey = OpensslOwned<EVP_PKEY, EVP_PKEY_free>;
using OwnedPkeyContext = OpensslOwned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedMdContext = OpensslOwned<EVP_MD_CTX, EVP_MD_CTX_free>;
using OwnedCipherContext = OpensslOwned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using OwnedGroup = OpensslOwned<EC_GROUP, EC_GROUP_free>;
using OwnedPoint = OpensslOwned<EC_POINT, EC_POINT_free>;
using OwnedBignum = OpensslOwned<BIGNUM, BN_clear_free>;  // cleared: most of ours are private scalars
using OwnedBignumContext = OpensslOwned<BN_CTX, BN_CTX_free>;
using OwnedParamBuilder = OpensslOwned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParams = OpensslOwned<OSSL_PARAM, OSSL_PARAM_free>;

// libcrypto keeps a queue of errors for each thread. We answer failures with our own words, so the
// queue is emptied on the way out: a leftover would be blamed on the next caller (TLS reads it too).
class OpensslErrorScope {
 public:
  OpensslErrorScope() noexcept { ERR_clear_error(); }
  ~OpensslErrorScope() { ERR_clear_error(); }
  OpensslErrorScope(const OpensslErrorScope&) = delete;
  OpensslErrorScope& operator=(const OpensslErrorScope&) = delete;
};

}  // namespace sallyport
