// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.Optional

private val ID = "0123456789abcdef".repeat(4)
private val OTHER = "fedcba9876543210".repeat(4)

internal fun process(
    name: String = "curl",
    pid: Long = 812,
    uid: Long = 1000,
    cgroup: String? = null,
    started: Duration = Duration.ofSeconds(5),
) = ProcessInfo(
    pid,
    started,
    name,
    Optional.of("/usr/bin/curl"),
    listOf("curl", "example.com"),
    uid,
    Optional.ofNullable(cgroup),
)

class ProcessInfoSpec :
    FunSpec({
        test("a process shows its name, pid and user, without characters that a terminal interprets") {
            process().toString() shouldBe "curl (pid 812, uid 1000)"
            process("\u001b[2Jevil\n").toString() shouldBe ".[2Jevil. (pid 812, uid 1000)"
            process("\u001b[2J").name() shouldBe "\u001b[2J"
        }

        test("numbers out of range are refused by name") {
            shouldThrow<IllegalArgumentException> { process(pid = 0) }.message shouldContain "pid 0"
            shouldThrow<IllegalArgumentException> { process(uid = -1) }.message shouldContain "uid -1"
            shouldThrow<IllegalArgumentException> { process(uid = 1L shl 32) }.message shouldContain "4294967295"
            shouldThrow<IllegalArgumentException> { process(started = Duration.ofNanos(-1)) }
                .message shouldContain "startedAfterBoot"
            process(uid = 0xffff_ffffL).uid() shouldBe 0xffff_ffffL
        }

        test("the command line is a copy") {
            val arguments = mutableListOf("a")
            val info = ProcessInfo(1, Duration.ZERO, "a", Optional.empty(), arguments, 0, Optional.empty())
            arguments += "b"
            info.commandLine() shouldBe listOf("a")
        }

        context("the unit of systemd is the innermost of the control group") {
            withData(
                nameFn = { "${it.first} is of ${it.second}" },
                "/system.slice/nginx.service" to "nginx.service",
                "/system.slice/system-getty.slice/getty@tty1.service" to "getty@tty1.service",
                "/user.slice/user-1000.slice/user@1000.service/app.slice/app-foo.scope" to "app-foo.scope",
                "/system.slice/nginx.service/workers" to "nginx.service",
                "/system.slice/_cpu.service" to "cpu.service",
                "/system.slice/docker-$ID.scope" to "docker-$ID.scope",
                "/user.slice/user-1000.slice" to null,
                "/.service" to null,
                "/" to null,
                "" to null,
                "////" to null,
            ) { (path, unit) -> process(cgroup = path).systemdUnit() shouldBe Optional.ofNullable(unit) }
        }

        context("the container is the innermost of the control group") {
            withData(
                nameFn = { "${it.first} is of ${it.second}" },
                "/docker/$ID" to ID,
                "/system.slice/docker-$ID.scope" to ID,
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-$ID.scope" to ID,
                "/kubepods/burstable/pod1/$ID" to ID,
                "/system.slice/containerd.service/kubepods-burstable-pod1.slice:cri-containerd:$ID" to ID,
                "/machine.slice/libpod-$ID.scope/container" to ID,
                "/docker/$ID/docker/$OTHER" to OTHER,
                "/machine.slice/libpod-conmon-$ID.scope" to null,
                "/docker/${ID}0" to null,
                "/docker/${ID.drop(1)}" to null,
                "/docker/${ID.uppercase()}" to null,
                "/system.slice/nginx.service" to null,
            ) { (path, id) -> process(cgroup = path).containerId() shouldBe Optional.ofNullable(id) }
        }

        test("a process without a control group has neither") {
            process().systemdUnit() shouldBe Optional.empty()
            process().containerId() shouldBe Optional.empty()
        }
    })
