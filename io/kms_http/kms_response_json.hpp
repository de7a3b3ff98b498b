// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::io {

/// What KMS's error responses say in their body. Both may be empty.
struct KmsErrorDocument {
    KmsErrorDocument() = default;
    std::string code;     ///< "__type", else "code", as written
    std::string message;  ///< "message", else "Message", as written
};

/// Reads the bodies of KMS's responses.
///
/// Strict where the program acts on it: JSON in valid UTF-8, one object, known members of the type
/// that KMS's model says (null counts as absent) and there once, key metadata with a KeyId, entries
/// of lists with what names them, a marker where a list goes on. Tolerant where KMS may grow:
/// unknown members and enum values pass. Members that are not wanted are skipped without being
/// validated, however deep they nest, and without recursion. An empty body counts as {}.
///
/// Every body must be followed by kBodyPaddingBytes (io/http) that may be read. The problem's text
/// says what is wrong, without quoting the response.
class KmsResponseJson {
  public:
    KmsResponseJson();
    ~KmsResponseJson();
    KmsResponseJson(const KmsResponseJson&) = delete;
    KmsResponseJson& operator=(const KmsResponseJson&) = delete;

    Parsed<ReplicateKeyResult> replicate_key(std::string_view body);
    Parsed<DescribeKeyResult> describe_key(std::string_view body);
    Parsed<CreateKeyResult> create_key(std::string_view body);
    Parsed<ListKeysResult> list_keys(std::string_view body);
    Parsed<ListAliasesResult> list_aliases(std::string_view body);
    Parsed<ListResourceTagsResult> list_resource_tags(std::string_view body);
    Parsed<GetKeyPolicyResult> get_key_policy(std::string_view body);
    /// The response of an operation that has none: whatever members it has.
    Parsed<EmptyResult> empty(std::string_view body);

    /// Never fails: what is not there, or is no JSON, is empty.
    KmsErrorDocument error(std::string_view body);

  private:
    struct Parser;
    std::unique_ptr<Parser> parser_;  ///< kept for its memory
};

}  // namespace keyferry::io
