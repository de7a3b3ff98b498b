// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/aws/secret.hpp"
#include "io/names/region.hpp"

#include <chrono>
#include <string_view>

namespace keyferry::io {

/// What is sent to a service of AWS that is asked now and then. KMS, which is asked thousands of
/// times a second, has a signer of its own that keeps what does not change
/// (kms_request_signer.hpp).
struct ServicePost {
    ServicePost(std::string_view service_, std::string_view path_, std::string_view content_type_)
        : service(service_), path(path_), content_type(content_type_) {}

    std::string_view service;  ///< as in a signature's scope: "sts"
    std::string_view path;
    std::string_view content_type;
    std::string_view body;
    std::string_view user_agent;  ///< empty: no such header
};

/// The bytes of a whole HTTP/1.1 request to `endpoint`, signed with `caller` for `region` at
/// `signed_at`; not signed where `caller` is null. It holds the session token, so it is a Secret.
[[nodiscard]] Secret signed_post(const ServicePost& post,
                                 const Endpoint& endpoint,
                                 const Region& region,
                                 const Credentials* caller,
                                 std::chrono::sys_seconds signed_at);

}  // namespace keyferry::io
