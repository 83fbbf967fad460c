// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import java.util.ResourceBundle

/**
 * The log of the tested code: nothing. The JDK's own has locks, and drops loggers when garbage is collected, so a seed
 * could not repeat a schedule that logs.
 */
class SilentLog : System.LoggerFinder() {
    override fun getLogger(
        name: String,
        module: Module?,
    ): System.Logger = Silent

    private object Silent : System.Logger {
        override fun getName(): String = "silent"

        override fun isLoggable(level: System.Logger.Level): Boolean = false

        override fun log(
            level: System.Logger.Level,
            bundle: ResourceBundle?,
            message: String?,
            thrown: Throwable?,
        ) = Unit

        override fun log(
            level: System.Logger.Level,
            bundle: ResourceBundle?,
            format: String?,
            vararg parameters: Any?,
        ) = Unit
    }
}
