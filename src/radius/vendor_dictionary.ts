/** What vendors of VPN gateways, switches and access points read in an Access-Accept, in FreeRADIUS's dictionary format. */
export const VENDORS = `
VENDOR Cisco 9
BEGIN-VENDOR Cisco
ATTRIBUTE Cisco-AVPair 1 string
ATTRIBUTE Cisco-In-ACL 57 string
ATTRIBUTE Cisco-Out-ACL 58 string
ATTRIBUTE Cisco-Idle-Limit 244 integer
ATTRIBUTE Cisco-Account-Info 250 string
ATTRIBUTE Cisco-Service-Info 251 string
ATTRIBUTE Cisco-Command-Code 252 string
ATTRIBUTE Cisco-Control-Info 253 string
END-VENDOR Cisco

# ASA and Firepower, as the VPN 3000 before them
VENDOR Cisco-ASA 3076
BEGIN-VENDOR Cisco-ASA
ATTRIBUTE ASA-Simultaneous-Logins 2 integer
ATTRIBUTE ASA-Primary-DNS 5 ipaddr
ATTRIBUTE ASA-Secondary-DNS 6 ipaddr
ATTRIBUTE ASA-Primary-WINS 7 ipaddr
ATTRIBUTE ASA-Secondary-WINS 8 ipaddr
ATTRIBUTE ASA-Tunneling-Protocols 11 integer
ATTRIBUTE ASA-Banner1 15 string
ATTRIBUTE ASA-Group-Policy 25 string
ATTRIBUTE ASA-IPsec-Split-Tunnel-List 27 string
ATTRIBUTE ASA-IPsec-Default-Domain 28 string
ATTRIBUTE ASA-IPsec-Split-DNS-Names 29 string
ATTRIBUTE ASA-Banner2 36 string
ATTRIBUTE ASA-IPsec-Split-Tunneling-Policy 55 integer
ATTRIBUTE ASA-WebVPN-URL-List 71 string
ATTRIBUTE ASA-WebVPN-Access-List 73 string
ATTRIBUTE ASA-Tunnel-Group-Lock 85 string
ATTRIBUTE ASA-Access-List-Inbound 86 string
ATTRIBUTE ASA-Access-List-Outbound 87 string
ATTRIBUTE ASA-VLAN 140 integer
ATTRIBUTE ASA-Member-Of 145 string
ATTRIBUTE ASA-Address-Pools 217 string
ATTRIBUTE ASA-IPv6-Address-Pools 218 string
ATTRIBUTE ASA-IPv6-VPN-Filter 219 string
ATTRIBUTE ASA-Privilege-Level 220 integer
END-VENDOR Cisco-ASA

VENDOR Fortinet 12356
BEGIN-VENDOR Fortinet
ATTRIBUTE Fortinet-Group-Name 1 string
ATTRIBUTE Fortinet-Client-IP-Address 2 ipaddr
ATTRIBUTE Fortinet-Vdom-Name 3 string
ATTRIBUTE Fortinet-Client-IPv6-Address 4 octets
ATTRIBUTE Fortinet-Interface-Name 5 string
ATTRIBUTE Fortinet-Access-Profile 6 string
ATTRIBUTE Fortinet-SSID 7 string
ATTRIBUTE Fortinet-AP-Name 8 string
ATTRIBUTE Fortinet-Host-Port-AVPair 42 string
END-VENDOR Fortinet

VENDOR PaloAlto 25461
BEGIN-VENDOR PaloAlto
ATTRIBUTE PaloAlto-Admin-Role 1 string
ATTRIBUTE PaloAlto-Admin-Access-Domain 2 string
ATTRIBUTE PaloAlto-Panorama-Admin-Role 3 string
ATTRIBUTE PaloAlto-Panorama-Admin-Access-Domain 4 string
ATTRIBUTE PaloAlto-User-Group 5 string
ATTRIBUTE PaloAlto-User-Domain 6 string
END-VENDOR PaloAlto

VENDOR Aruba 14823
BEGIN-VENDOR Aruba
ATTRIBUTE Aruba-User-Role 1 string
ATTRIBUTE Aruba-User-Vlan 2 integer
ATTRIBUTE Aruba-Priv-Admin-User 3 integer
ATTRIBUTE Aruba-Admin-Role 4 string
ATTRIBUTE Aruba-Essid-Name 5 string
ATTRIBUTE Aruba-Named-User-Vlan 9 string
ATTRIBUTE Aruba-AP-Group 10 string
ATTRIBUTE Aruba-CPPM-Role 23 string
ATTRIBUTE Aruba-User-Group 36 string
ATTRIBUTE Aruba-Captive-Portal-URL 43 string
ATTRIBUTE Aruba-NAS-Filter-Rule 51 string
END-VENDOR Aruba

# RFC 2548
VENDOR Microsoft 311
BEGIN-VENDOR Microsoft
ATTRIBUTE MS-CHAP-Response 1 octets
ATTRIBUTE MS-CHAP-Error 2 string
ATTRIBUTE MS-CHAP-CPW-1 3 octets
ATTRIBUTE MS-CHAP-CPW-2 4 octets
ATTRIBUTE MS-CHAP-LM-Enc-PW 5 octets
ATTRIBUTE MS-CHAP-NT-Enc-PW 6 octets
ATTRIBUTE MS-MPPE-Encryption-Policy 7 integer
ATTRIBUTE MS-MPPE-Encryption-Types 8 integer
ATTRIBUTE MS-CHAP-Domain 10 string
ATTRIBUTE MS-CHAP-Challenge 11 octets
ATTRIBUTE MS-CHAP-MPPE-Keys 12 octets encrypt=1
ATTRIBUTE MS-BAP-Usage 13 integer
ATTRIBUTE MS-Link-Utilization-Threshold 14 integer
ATTRIBUTE MS-Link-Drop-Time-Limit 15 integer
ATTRIBUTE MS-MPPE-Send-Key 16 octets encrypt=2
ATTRIBUTE MS-MPPE-Recv-Key 17 octets encrypt=2
ATTRIBUTE MS-Filter 22 octets
ATTRIBUTE MS-CHAP2-Response 25 octets
ATTRIBUTE MS-CHAP2-Success 26 octets
ATTRIBUTE MS-CHAP2-CPW 27 octets
ATTRIBUTE MS-Primary-DNS-Server 28 ipaddr
ATTRIBUTE MS-Secondary-DNS-Server 29 ipaddr
ATTRIBUTE MS-Primary-NBNS-Server 30 ipaddr
ATTRIBUTE MS-Secondary-NBNS-Server 31 ipaddr
VALUE MS-MPPE-Encryption-Policy Encryption-Allowed 1
VALUE MS-MPPE-Encryption-Policy Encryption-Required 2
VALUE MS-BAP-Usage Not-Allowed 0
VALUE MS-BAP-Usage Allowed 1
VALUE MS-BAP-Usage Required 2
END-VENDOR Microsoft
`
