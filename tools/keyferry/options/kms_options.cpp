// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/kms_options.hpp"

namespace keyferry::cli {

void add_kms_options(Command command, KmsOptions& options) {
    command.option(
        "--endpoint-url",
        options.endpoint_url,
        "KMS endpoint for all Regions [AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, the profile's "
        "endpoint_url, or the AWS endpoints]; http:// is allowed only for loopback addresses");
    command.option(
        "--profile", options.profile, "Profile in the shared AWS config files [AWS_PROFILE]");
    command.option("--ca-bundle",
                   options.ca_bundle,
                   "PEM file of CA certificates to trust [AWS_CA_BUNDLE, the profile's ca_bundle, "
                   "or the system's CA certificates]");
}

}  // namespace keyferry::cli
