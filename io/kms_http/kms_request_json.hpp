// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"

#include <string>

namespace keyferry::io {

// Writes the bodies of KMS requests (AWS JSON 1.1) directly into a flat buffer. Members are in the
// order of KMS's model, absent members are omitted, and there is no white space. Strings must be
// UTF-8 and are not changed except for the escaping that JSON requires.

void append_json(const ReplicateKeyRequest& request, std::string& body);
void append_json(const DescribeKeyRequest& request, std::string& body);
void append_json(const CreateKeyRequest& request, std::string& body);
void append_json(const ListKeysRequest& request, std::string& body);
void append_json(const ListAliasesRequest& request, std::string& body);
void append_json(const ListResourceTagsRequest& request, std::string& body);
void append_json(const GetKeyPolicyRequest& request, std::string& body);
void append_json(const PutKeyPolicyRequest& request, std::string& body);
void append_json(const TagResourceRequest& request, std::string& body);
void append_json(const UntagResourceRequest& request, std::string& body);
void append_json(const UpdateKeyDescriptionRequest& request, std::string& body);
void append_json(const EnableKeyRequest& request, std::string& body);
void append_json(const DisableKeyRequest& request, std::string& body);
void append_json(const CreateAliasRequest& request, std::string& body);
void append_json(const UpdateAliasRequest& request, std::string& body);
void append_json(const DeleteAliasRequest& request, std::string& body);

}  // namespace keyferry::io
