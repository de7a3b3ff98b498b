// SPDX-License-Identifier: Apache-2.0
// The cost of signing one KMS request: with the three plain stages, and with the signer that caches
// hash states (io/aws/kms_request_signer). Both produce a complete request header. The argument is
// the body size in bytes: 300 for DescribeKey or a small ReplicateKey, 1024 for one with a policy.
#include "io/aws/kms_request_signer.hpp"
#include "io/aws/sigv4.hpp"
#include "io/aws/timestamps.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

namespace keyferry::bench {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1795392000)};
constexpr std::size_t kSessionTokenBytes = 703;  // the current length of STS session tokens
constexpr std::string_view kHost = "kms.eu-west-1.amazonaws.com";

std::shared_ptr<const io::Credentials> credentials() {
    auto result = std::make_shared<io::Credentials>();
    result->access_key_id = "AKIDEXAMPLE";
    result->secret_access_key = io::Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    result->session_token = io::Secret(std::string(kSessionTokenBytes, 'T'));
    return result;
}

std::string body_of(const benchmark::State& state) {
    return std::string(static_cast<std::size_t>(state.range(0)), 'b');
}

void plain_stages(benchmark::State& state) {
    const std::shared_ptr<const io::Credentials> from = credentials();
    const std::string body = body_of(state);
    for (auto _ : state) {
        const std::string date = io::amz_date(kNow);
        const io::CredentialScope scope(io::amz_day(kNow), "eu-west-1", "kms");
        const io::SignableRequest request{"POST",
                                          "/",
                                          "",
                                          {{"Host", kHost},
                                           {"Content-Type", "application/x-amz-json-1.1"},
                                           {"X-Amz-Target", "TrentService.ReplicateKey"},
                                           {"X-Amz-Date", date},
                                           {"X-Amz-Security-Token", from->session_token->reveal()}},
                                          body};
        const io::Secret key = io::signing_key(from->secret_access_key, scope);
        const std::string signed_with =
            io::signature(key, io::string_to_sign(io::canonical_request(request), date, scope));
        std::string head = "POST / HTTP/1.1\r\n";
        for (const io::SignableHeader& header : request.headers) {
            head += header.name;
            head += ": ";
            head += header.value;
            head += "\r\n";
        }
        head += io::authorization_header(
            from->access_key_id, scope, io::signed_header_names(request), signed_with);
        benchmark::DoNotOptimize(head.data());
    }
}
BENCHMARK(plain_stages)->Arg(300)->Arg(1024);

void kept_states(benchmark::State& state) {
    io::KmsRequestSigner signer(credentials(),
                                io::Region::parse("eu-west-1").value(),
                                io::Endpoint(true, std::string(kHost), 443, "/"),
                                "keyferry/bench");
    const std::string body = body_of(state);
    std::string request;
    for (auto _ : state) {
        request.clear();
        signer.append_head(io::KmsApi::replicate_key, body, kNow, "", request);
        benchmark::DoNotOptimize(request.data());
    }
}
BENCHMARK(kept_states)->Arg(300)->Arg(1024);

/// The first request of each operation in each second, for which no cached state can be reused.
void kept_states_next_second(benchmark::State& state) {
    io::KmsRequestSigner signer(credentials(),
                                io::Region::parse("eu-west-1").value(),
                                io::Endpoint(true, std::string(kHost), 443, "/"),
                                "keyferry/bench");
    const std::string body = body_of(state);
    std::string request;
    std::chrono::seconds passed(0);
    for (auto _ : state) {
        request.clear();
        signer.append_head(io::KmsApi::replicate_key, body, kNow + (++passed % 60), "", request);
        benchmark::DoNotOptimize(request.data());
    }
}
BENCHMARK(kept_states_next_second)->Arg(1024);

}  // namespace
}  // namespace keyferry::bench

BENCHMARK_MAIN();
