// SPDX-License-Identifier: Apache-2.0
// Calls KmsHttpClient::replicate_key as fast as possible with a given number of calls in flight,
// and prints the CPU time per call in this process:
//
//     client_load --url URL [--ca-file FILE] [--calls N] [--connections N]
//
// Prints {"calls":N,"failed":N,"cpu_us_per_call":X,"wall_s":X}. Part of bench/end_to_end.py.
#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/kms_http/kms_http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>

namespace keyferry::bench {
namespace {

/// The current length of STS session tokens.
constexpr std::size_t kSessionTokenBytes = 703;

struct Load {
    std::string url;
    std::string ca_file;
    long calls = 200'000;
    long connections = 64;
};

struct Tally {
    long begun = 0;
    long failed = 0;
    std::string first_failure;
};

boost::asio::awaitable<void> keep_calling(io::KmsClient& client,
                                          io::AccountRegion place,
                                          const Load& load,
                                          Tally& tally) {
    while (tally.begun < load.calls) {
        ++tally.begun;
        io::ReplicateKeyRequest request("mrk-1234567890abcdef1234567890abcdef", "eu-west-1");
        const io::CallOutcome<io::ReplicateKeyResult> outcome =
            co_await client.replicate_key(place, std::move(request));
        if (const auto* failure = std::get_if<io::CallFailure>(&outcome)) {
            ++tally.failed;
            if (tally.first_failure.empty()) {
                tally.first_failure = failure->message;
            }
        }
    }
}

double cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

int drive(const Load& load) {
    boost::asio::io_context io{1};
    io::SteadyClock clock(io);
    const io::Endpoint endpoint = io::Endpoint::parse(load.url).value();
    std::shared_ptr<const io::Credentials> credentials = std::make_shared<io::Credentials>(
        io::make_credentials("AKIDEXAMPLE",
                             "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                             std::string(kSessionTokenBytes, 't'),
                             "the benchmark")
            .value());
    io::HttpSettings settings;
    settings.ca_file = load.ca_file;
    io::KmsHttpClient client(
        io,
        clock,
        [&](const io::AccountRegion&) { return credentials; },
        io::RefreshCredentials(),
        [&](const io::Region&) { return io::Parsed<io::Endpoint>(endpoint); },
        settings,
        "bench");
    const io::AccountRegion place(io::AccountId::parse("111122223333").value(),
                                  io::Region::parse("us-east-1").value());
    Tally tally;
    std::exception_ptr broken;
    for (long i = 0; i < load.connections; ++i) {
        boost::asio::co_spawn(io,
                              keep_calling(client, place, load, tally),
                              [&](std::exception_ptr thrown) { broken = thrown; });
    }
    const double cpu_before_us = cpu_us();
    const io::Moment begun = clock.now();
    io.run();
    const double per_call_us = (cpu_us() - cpu_before_us) / static_cast<double>(load.calls);
    const std::chrono::duration<double> wall = clock.now() - begun;
    if (broken) {
        std::rethrow_exception(broken);
    }
    fmt::print("{{\"calls\":{},\"failed\":{},\"cpu_us_per_call\":{:.3f},\"wall_s\":{:.3f}}}\n",
               tally.begun,
               tally.failed,
               per_call_us,
               wall.count());
    if (tally.failed > 0) {
        fmt::print(stderr, "client_load: the first failure: {}\n", tally.first_failure);
    }
    return tally.failed == 0 ? 0 : 1;
}

int run_program(int argc, char** argv) {
    Load load;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        const std::string value = argv[i + 1];
        if (option == "--url") {
            load.url = value;
        } else if (option == "--ca-file") {
            load.ca_file = value;
        } else if (option == "--calls") {
            load.calls = std::stol(value);
        } else if (option == "--connections") {
            load.connections = std::stol(value);
        }
    }
    if (load.url.empty()) {
        fmt::print(stderr,
                   "usage: client_load --url URL [--ca-file FILE] [--calls N] [--connections N]\n");
        return 3;
    }
    return drive(load);
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) try {
    return keyferry::bench::run_program(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "client_load: {}\n", error.what());
    return 1;
}
