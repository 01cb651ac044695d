/** RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1) and feedback formats. */
export const RtcpType = {
  SenderReport: 200,
  ReceiverReport: 201,
  SourceDescription: 202,
  Goodbye: 203,
  TransportFeedback: 205,
  PayloadFeedback: 206,
} as const;

/** FMT of RTPFB (205). */
export const TransportFeedbackFormat = { Nack: 1, TransportWideCc: 15 } as const;

/** FMT of PSFB (206). */
export const PayloadFeedbackFormat = { PictureLoss: 1, FullIntraRequest: 4, Application: 15 } as const;

/** 'REMB', the name of the application feedback of draft-alvestrand-rmcat-remb §2.2. */
export const rembName = 0x52454d42;

/** SDES item type CNAME (RFC 3550 §6.5.1). */
export const sdesCname = 1;

/** Most report blocks one SR or RR holds: its count field has five bits. */
export const maxReportBlocks = 31;
