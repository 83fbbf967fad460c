// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

/** Names of the transport layer: TCP's flags, DCCP's packets, and the usual services. */
final class TransportSymbols {
    static final SymbolTable TCP_FLAG = SymbolTable.of("fin=1 syn=2 rst=4 psh=8 ack=0x10 urg=0x20 ecn=0x40 cwr=0x80");
    static final SymbolTable DCCP_TYPE = SymbolTable.of(
            "request=0 response=1 data=2 ack=3 dataack=4 closereq=5 close=6" + " reset=7 sync=8 syncack=9");

    /** Read only: ports are printed as numbers. Other services are those of {@code /etc/services}. */
    static final SymbolTable SERVICE = SymbolTable.of("echo=7 discard=9 daytime=13 ftp-data=20 ftp=21 ssh=22 telnet=23"
            + " smtp=25 mail=25 time=37 whois=43 tacacs=49 domain=53 bootps=67 bootpc=68 tftp=69 gopher=70 finger=79"
            + " http=80 www=80 kerberos=88 pop3=110 sunrpc=111 auth=113 nntp=119 ntp=123 netbios-ns=137 netbios-dgm=138"
            + " netbios-ssn=139 imap2=143 imap=143 snmp=161 snmp-trap=162 bgp=179 irc=194 ldap=389 https=443"
            + " microsoft-ds=445 isakmp=500 syslog=514 submission=587 ipp=631 ldaps=636 domain-s=853 rsync=873"
            + " ftps-data=989 ftps=990 imaps=993 pop3s=995 socks=1080 openvpn=1194 l2f=1701 radius=1812"
            + " radius-acct=1813 nfs=2049 mysql=3306 ipsec-nat-t=4500 sip=5060 sip-tls=5061 xmpp-client=5222"
            + " xmpp-server=5269 mdns=5353 postgresql=5432 http-alt=8080");

    private TransportSymbols() {}
}
