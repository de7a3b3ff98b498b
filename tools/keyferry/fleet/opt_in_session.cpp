// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/opt_in_session.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace keyferry::cli {

std::optional<io::RegionOptIns> ask_opt_ins(KmsSession& session,
                                            std::chrono::milliseconds kms_ahead) {
    boost::asio::io_context& io = session.io();
    const auto now =
        std::chrono::floor<std::chrono::seconds>(session.clock().wall_now() + kms_ahead);
    std::optional<io::RegionOptIns> opt_ins;
    std::exception_ptr thrown;
    boost::asio::co_spawn(io,
                          session.kms().region_opt_ins(now),
                          [&](std::exception_ptr error, std::optional<io::RegionOptIns> found) {
                              thrown = std::move(error);
                              opt_ins = std::move(found);
                              io.stop();
                          });
    io.run();
    io.restart();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return opt_ins;
}

}  // namespace keyferry::cli
