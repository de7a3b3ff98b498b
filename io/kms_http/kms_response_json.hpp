// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The fields of a KMS error response. Both may be empty.
struct KmsErrorDocument {
    KmsErrorDocument() = default;
    std::string code;     ///< "__type", otherwise "code", unmodified
    std::string message;  ///< "message", otherwise "Message", unmodified
};

/// Parses the bodies of KMS responses.
///
/// The parser is strict about the members that the program uses. It requires valid UTF-8, a single
/// JSON object without duplicate members, the types in KMS's model (null counts as absent), and a
/// KeyId in key metadata. The response to a List operation must contain the list, the identifying
/// members of each entry and, if it is truncated, a marker. The parser is lenient where KMS may
/// evolve: it accepts unknown members and enum values. Unused members are skipped without
/// validation and without recursion, no matter how deeply they are nested. An empty body is an
/// error, except for operations without a result, because a missing list must not be mistaken for
/// an empty one.
///
/// Every body must be followed by kBodyPaddingBytes readable bytes (see io/http). Errors do not
/// quote the response.
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
    /// Parses the response of an operation without a result: an empty body, or an object with any
    /// members.
    Parsed<EmptyResult> empty(std::string_view body);

    /// Does not fail: missing members and invalid JSON result in empty fields.
    KmsErrorDocument error(std::string_view body);

  private:
    struct Parser;
    std::unique_ptr<Parser> parser_;  ///< reused for its buffers
};

}  // namespace keyferry::io
