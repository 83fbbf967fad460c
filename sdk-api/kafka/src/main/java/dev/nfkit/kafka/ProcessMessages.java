// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import dev.nfkit.kafka.schema.FlowMessage;
import dev.nfkit.kafka.schema.Process;
import dev.nfkit.kafka.schema.UnknownProcess;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.UnknownReason;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** The process of a flow as a message. */
final class ProcessMessages {
    private ProcessMessages() {}

    static void write(Attribution attribution, FlowMessage.Builder message) {
        if (attribution instanceof Attribution.Known known) {
            message.setProcess(toMessage(known.process()));
        } else if (attribution instanceof Attribution.Unknown unknown) {
            UnknownProcess.Builder reason =
                    UnknownProcess.newBuilder().setReason(unknown.reason().code());
            unknown.uid().ifPresent(reason::setUid);
            message.setUnknownProcess(reason);
        }
    }

    private static Process toMessage(ProcessInfo process) {
        Process.Builder message = Process.newBuilder()
                .setPid(process.pid())
                .setStartedAfterBootNs(process.startedAfterBoot().toNanos())
                .setName(process.name())
                .addAllCommandLine(process.commandLine())
                .setUid(process.uid());
        process.executable().ifPresent(message::setExecutable);
        process.cgroup().ifPresent(message::setCgroup);
        return message.build();
    }

    static Attribution read(FlowMessage message) {
        if (message.hasProcess()) {
            Process process = message.getProcess();
            return new Attribution.Known(new ProcessInfo(
                    process.getPid(),
                    Duration.ofNanos(process.getStartedAfterBootNs()),
                    process.getName(),
                    process.hasExecutable() ? Optional.of(process.getExecutable()) : Optional.empty(),
                    process.getCommandLineList(),
                    process.getUid(),
                    process.hasCgroup() ? Optional.of(process.getCgroup()) : Optional.empty()));
        }
        UnknownProcess unknown = message.getUnknownProcess();
        return new Attribution.Unknown(
                reason(unknown.getReason()),
                unknown.hasUid() ? OptionalLong.of(unknown.getUid()) : OptionalLong.empty());
    }

    /** A reason of a later version is a failure to this one. */
    private static UnknownReason reason(String code) {
        if (code.isEmpty()) {
            return UnknownReason.NOT_ASKED;
        }
        for (UnknownReason reason : UnknownReason.values()) {
            if (reason.code().equals(code)) {
                return reason;
            }
        }
        return UnknownReason.FAILED;
    }
}
